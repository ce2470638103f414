import { isIP } from 'node:net';
import { isLoopback } from '../loopback.ts';

/** Names under which the gateway may be reached besides loopback names and IP addresses. */
export interface Hosts {
  /** Host names, with or without a port. */
  readonly allowedHosts: readonly string[];
  /** Origins of web pages, such as `https://app.example.com`. */
  readonly allowedOrigins: readonly string[];
}

/** Verdicts remembered at most; the header values come from strangers. */
const REMEMBERED = 1_000;

/**
 * Decides which `Host` and `Origin` a request may carry, against DNS rebinding (MCP 2025-11-25, basic/transports,
 * "Security Warning"). Loopback is always allowed; so is an IP address as host, which no DNS name can be rebound to.
 */
export interface HostPolicy {
  allowsHost(host: string): boolean;
  allowsOrigin(origin: string): boolean;
}

/** A policy whose hosts can be changed. */
export interface ChangeableHostPolicy extends HostPolicy {
  change(hosts: Hosts): void;
}

/** Makes a policy that can be changed while requests are served. */
export function createChangeableHostPolicy(hosts: Hosts): ChangeableHostPolicy {
  let policy = createHostPolicy(hosts);
  return {
    allowsHost: (host) => policy.allowsHost(host),
    allowsOrigin: (origin) => policy.allowsOrigin(origin),
    change: (changed) => void (policy = createHostPolicy(changed)),
  };
}

/** Makes the policy of the hosts and origins that the settings name, besides those that are always allowed. */
export function createHostPolicy(hosts: Hosts): HostPolicy {
  const allowedHosts = new Set(hosts.allowedHosts.map((host) => host.toLowerCase()));
  const allowedOrigins = new Set(hosts.allowedOrigins.map((origin) => origin.toLowerCase()));
  return {
    allowsHost: remembering((host) => {
      const name = withoutPort(host);
      return isIP(name) !== 0 || isLoopback(name) || allowedHosts.has(name) || allowedHosts.has(host.toLowerCase());
    }),
    allowsOrigin: remembering((origin) => {
      if (allowedOrigins.has(origin.toLowerCase())) return true;
      if (!URL.canParse(origin)) return false;
      const { protocol, hostname, origin: canonical } = new URL(origin);
      if ((protocol !== 'http:' && protocol !== 'https:') || canonical !== origin.toLowerCase()) return false;
      return isLoopback(hostname);
    }),
  };
}

function remembering(decide: (value: string) => boolean): (value: string) => boolean {
  const verdicts = new Map<string, boolean>();
  return (value) => {
    const known = verdicts.get(value);
    if (known !== undefined) return known;
    if (verdicts.size >= REMEMBERED) verdicts.clear();
    const verdict = decide(value);
    verdicts.set(value, verdict);
    return verdict;
  };
}

function withoutPort(host: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(host);
  if (bracketed?.[1] !== undefined) return bracketed[1];
  return host.replace(/:\d+$/, '').toLowerCase();
}
