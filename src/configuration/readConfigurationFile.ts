import type { z } from 'zod';
import { Invalid } from '../errors/appError.ts';
import { plainFault } from '../plainFault.ts';
import { findReservedMember } from '../reservedMembers.ts';
import { configurationFileSchema, membersAt, type ConfigurationFile } from './configurationFile.ts';
import type { ConfigurationText } from './configurationText.ts';
import { nearest } from '../nearest.ts';

/** Problems that are told at once; who has more has made one mistake many times. */
const SHOWN = 20;

/**
 * Checks a file of our own against its schema. Names are repeated in messages, values are not.
 * @throws Invalid `configuration-invalid`, with every problem, its line and its column
 */
export function readConfigurationFile(text: ConfigurationText): ConfigurationFile {
  // zod leaves out such a member of a mapping without a word.
  const reserved = findReservedMember(text.value);
  if (reserved !== undefined) throw refused([problemAt(text, reserved, 'nothing in such a file is called so')], 0);
  const parsed = configurationFileSchema.safeParse(text.value, { error: plainFault });
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  // To find the place of each takes time.
  const problems = issues.slice(0, SHOWN).flatMap((issue) => problemsOf(issue, text));
  const count = issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0);
  throw refused(problems.slice(0, SHOWN), count - SHOWN);
}

function refused(shown: readonly Problem[], others: number): Invalid {
  const more = others > 0 ? `\n  … and ${others} more` : '';
  return new Invalid(
    'configuration-invalid',
    `The file is no configuration that can be applied:\n${shown.map((each) => `  ${sentence(each)}`).join('\n')}${more}`,
    { data: { problems: shown } },
  );
}

interface Problem {
  readonly path: string;
  readonly problem: string;
  readonly line?: number;
  readonly column?: number;
}

function problemAt(text: ConfigurationText, path: readonly PropertyKey[], problem: string): Problem {
  return { path: path.map(String).join('.'), problem, ...text.placeOf(path) };
}

function problemsOf(issue: z.core.$ZodIssue, text: ConfigurationText): Problem[] {
  const at = (path: readonly PropertyKey[], problem: string) => problemAt(text, path, problem);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.slice(0, SHOWN).map((name) => {
      return at([...issue.path, name], `there is no such setting${hintFor(name, issue.path)}`);
    });
  }
  if (issue.code === 'invalid_key') return [at(issue.path, issue.issues[0]?.message ?? 'is no name')];
  return [at(issue.path, issue.message)];
}

/** What clients call their list of servers. */
const OF_CLIENTS: ReadonlySet<string> = new Set(['mcpServers', 'mcp', 'mcp_servers', 'context_servers']);

function hintFor(name: string, path: readonly PropertyKey[]): string {
  if (path.length === 0 && OF_CLIENTS.has(name)) return '; the file of a client is taken over by servers import';
  const similar = nearest(name, membersAt(path) ?? []);
  return similar === undefined ? '' : `; did you mean ${similar}?`;
}

function sentence({ path, problem, line, column }: Problem): string {
  const where = line === undefined || column === undefined ? '' : `line ${line}, column ${column}: `;
  return `${where}${path === '' ? '' : `${path}: `}${problem}`;
}
