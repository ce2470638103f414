import type { PlainSettings } from '../administration/serverInput.ts';
import type { Problem, ValueOf } from './referenceValue.ts';
import type { ForeignAddress } from './foreignServer.ts';
import type { Reference } from './reference.ts';
import { describeReference, type Template } from './template.ts';

// A URL and a command line are stored and shown as text, and a command line is in the list of processes: no secret may get there.

/** Names that promise a secret. */
export const SECRET_NAME = /key|token|secret|passw|pwd|auth|cred|signature|session/i;

/** Finds references by which a secret may get into an address. */
export function addressProblems(address: ForeignAddress, valueOf: ValueOf): Problem[] {
  if (address.transport !== 'stdio') return urlProblems(address.url);
  const { command, args = [], cwd = [] } = address;
  const templates: (readonly [string, Template])[] = [
    ['command', command],
    ...args.map((arg) => ['arguments', arg] as const),
    ['cwd', cwd],
  ];
  for (const [what, template] of templates) {
    for (const part of template) {
      if (typeof part === 'string' || !mayBeSecret(part, valueOf)) continue;
      const verb = what === 'arguments' ? 'refer' : 'refers';
      const message = `its ${what} ${verb} to ${describeReference(part)}, and a command line is shown in lists and to every user of the machine; put secrets into env`;
      return [{ code: 'reference-in-command', message }];
    }
  }
  return [];
}

function urlProblems(url: Template): Problem[] {
  let before = '';
  for (const part of url) {
    if (typeof part === 'string') before += part;
    // It has no value, which is told as of any other place.
    else if (part.kind === 'placeholder') continue;
    else if (part.kind !== 'env' || SECRET_NAME.test(part.name) || /[?#]/.test(before)) {
      const message = `its URL refers to ${describeReference(part)}, and a URL is shown in lists and logs; put secrets into headers`;
      return [{ code: 'reference-in-url', message }];
    }
  }
  return [];
}

function mayBeSecret(reference: Reference, valueOf: ValueOf): boolean {
  switch (reference.kind) {
    case 'env':
      return SECRET_NAME.test(reference.name);
    case 'input': {
      const value = valueOf(reference);
      return SECRET_NAME.test(reference.id) || (value !== undefined && 'text' in value && value.isSecret === true);
    }
    case 'file':
      return true;
    // They have no value, which is told as of any other place.
    case 'unknown':
    case 'placeholder':
      return false;
  }
}

/** Warns of what in an address promises a secret: sentences that begin with "its". */
export function revealingAddress({ url, args = [] }: Pick<PlainSettings, 'url' | 'args'>): string[] {
  const members = [...(URL.parse(url ?? '')?.searchParams.keys() ?? [])].filter((name) => SECRET_NAME.test(name));
  const options = args.flatMap((arg, at) => {
    const [, option, hasValue] = /^(?:-e)?(--?[A-Za-z][\w-]*|[A-Z][A-Z0-9_]*)(=[^]+)?$/.exec(arg) ?? [];
    const next = args[at + 1];
    const takesNext = arg.startsWith('--') && next !== undefined && !next.startsWith('-');
    return option !== undefined && SECRET_NAME.test(option) && (hasValue !== undefined || takesNext) ? [option] : [];
  });
  const list = (names: readonly string[]) => [...new Set(names)].join(', ');
  return [
    ...(members.length === 0
      ? []
      : [`its URL has ${list(members)} in its query, and a URL is shown in lists and logs; prefer a header`]),
    ...(options.length === 0
      ? []
      : [
          `its arguments have ${list(options)}, and a command line is shown in lists and to every user of the machine; prefer env`,
        ]),
  ];
}
