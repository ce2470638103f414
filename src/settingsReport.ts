import type { Writable } from 'node:stream';
import { CLI_HERE, withCliName } from './cliName.ts';
import { AppError } from './errors/appError.ts';
import { EXIT } from './exitCode.ts';
import { checkInstallation, type PartCheck } from './installationChecks.ts';
import {
  readConfiguration,
  type Configuration,
  type EffectiveSetting,
  type SettingsSources,
} from './settings/settings.ts';

export interface SettingsReportOptions extends Required<Pick<SettingsSources, 'env' | 'cwd'>> {
  readonly configFile?: string | undefined;
  readonly workers?: string | undefined;
  readonly json: boolean;
  readonly stdout: Writable;
}

/** `metamcp check`: prints the settings that count, and whether what they name is there. @returns the exit code: 0, or 1 when something is wrong */
export async function reportSettings({ json, stdout, ...sources }: SettingsReportOptions): Promise<number> {
  const configuration = readOrFaults(sources);
  const faults = Array.isArray(configuration) ? (configuration as readonly string[]) : [];
  const read = Array.isArray(configuration) ? undefined : (configuration as Configuration);
  const checks = read === undefined ? [] : await checkInstallation(read, sources.cwd);
  const ok = faults.length === 0 && checks.every(({ status }) => status !== 'failed');
  const settings = (read?.effective ?? []).map(shown);
  const warnings = read?.warnings ?? [];
  const text = json
    ? JSON.stringify({ ok, faults, warnings, settings, checks }, undefined, 2)
    : asText({ faults, warnings, settings, checks });
  stdout.write(`${withCliName(text, CLI_HERE)}\n`);
  return ok ? EXIT.done : EXIT.refused;
}

function readOrFaults(sources: SettingsSources): Configuration | readonly string[] {
  try {
    return readConfiguration(sources);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'config-invalid') throw error;
    const { faults } = error.data;
    return Array.isArray(faults) ? (faults as string[]) : [error.message];
  }
}

interface ShownSetting {
  readonly name: string;
  readonly member: string | null;
  /** Of a secret: whether it is set. */
  readonly value: unknown;
  readonly source: string;
  readonly path: string | null;
}

function shown({ definition, value, source, path }: EffectiveSetting): ShownSetting {
  const { variable: name, member = null, secrecy } = definition;
  const visible = secrecy === 'secret' && value !== undefined ? '(hidden)' : (value ?? null);
  return { name, member, value: visible, source, path: path ?? null };
}

interface Report {
  readonly faults: readonly string[];
  readonly warnings: readonly string[];
  readonly settings: readonly ShownSetting[];
  readonly checks: readonly PartCheck[];
}

function asText({ faults, warnings, settings, checks }: Report): string {
  const rows = settings.map(({ name, value, source, path }) => [
    name,
    value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value),
    path === null ? source : `${source}: ${path}`,
  ]);
  const widths = [0, 1].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
  return [
    ...faults.map((fault) => `wrong    ${fault}`),
    ...rows.map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    ),
    ...(rows.length === 0 ? [] : ['']),
    ...warnings.map((warning) => `warning  ${warning}`),
    ...checks.map(({ part, status, detail }) => `${status.padEnd(7)}  ${part}: ${detail}`),
  ].join('\n');
}
