import type { PlainSettings } from '../administration/serverInput.ts';
import type { ForeignAddress, ForeignServer } from './foreignServer.ts';
import type { Reference } from './reference.ts';
import { describeReference, referencesIn, type Template } from './template.ts';

/** Where a value is read from. */
export type Origin =
  { readonly kind: 'variable'; readonly name: string } | { readonly kind: 'file'; readonly path: string };

/** A value of this machine that a server gets because a file refers to it. */
export interface Delivery {
  /** `headers.Authorization`, `env.TOKEN`, `url`. */
  readonly field: string;
  readonly origin: Origin;
  /** A URL’s host and port, or a command. */
  readonly destination: string;
}

/** A reference and where in a server it stands. */
export interface Use {
  readonly field: string;
  readonly reference: Reference;
}

/** Every reference of a server that needs a value. */
export function usesOf({ address, headers, env, envFile }: ForeignServer): Use[] {
  return [
    ...templatesOf(address),
    ...Object.entries(headers).map(([name, template]) => [`headers.${name}`, template] as const),
    ...Object.entries(env).map(([name, template]) => [`env.${name}`, template] as const),
    ['envFile', envFile] as const,
  ].flatMap(([field, template]) => referencesIn(template).map((reference) => ({ field, reference })));
}

function templatesOf(address: ForeignAddress): (readonly [field: string, template: Template])[] {
  if (address.transport !== 'stdio') return [['url', address.url]];
  const { command, args = [], cwd = [] } = address;
  return [['command', command], ...args.map((arg) => ['args', arg] as const), ['cwd', cwd]];
}

/** Names whoever gets the values of an address, its references filled in. */
export function destinationOf({ url, command }: Pick<PlainSettings, 'url' | 'command'>): string {
  return (url === undefined ? command : (URL.parse(url)?.host ?? url)) ?? '';
}

/** Names whoever gets the values of an address whose references have no value yet: they stand as the file has them. */
export function writtenDestination(address: ForeignAddress): string {
  const written = (template: Template) =>
    template.map((part) => (typeof part === 'string' ? part : describeReference(part))).join('');
  if (address.transport === 'stdio') return destinationOf({ command: written(address.command) });
  return destinationOf({ url: written(address.url) });
}

/** Writes for people: `header Authorization from variable GITHUB_TOKEN goes to api.example.com`. */
export function describeDelivery({ field, origin, destination }: Delivery): string {
  const source = origin.kind === 'variable' ? `variable ${origin.name}` : `file ${origin.path}`;
  const [, kind, name] = /^(headers|env)\.(.*)$/s.exec(field) ?? [];
  const what =
    field === 'envFile'
      ? 'its variables'
      : name === undefined
        ? field
        : `${kind === 'headers' ? 'header' : 'variable'} ${name}`;
  return `${what} from ${source} ${field === 'envFile' ? 'go' : 'goes'} to ${destination}`;
}
