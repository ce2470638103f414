import { Unavailable } from './appError.ts';

/** What an operating system's refusal means, and what to do about it. */
interface Refusal {
  readonly code: string;
  /** @param path what it is about, where the system has said so */
  readonly sentence: (path: string) => string;
}

const REFUSALS: Readonly<Record<string, Refusal>> = {
  ...each(['ENOSPC', 'EDQUOT'], {
    code: 'no-space',
    sentence: (path) => `There is no room left on the disk for ${path}. Make room, or raise the quota.`,
  }),
  ...each(['EROFS'], {
    code: 'read-only-file-system',
    sentence: (path) =>
      `The file system of ${path} is read-only. Make it writable, or set METAMCP_HOME to another folder.`,
  }),
  ...each(['EACCES', 'EPERM'], {
    code: 'no-permission',
    sentence: (path) =>
      `This user may not use ${path}. Run MetaMCP as the user that owns it, or correct its owner and mode.`,
  }),
  ...each(['EMFILE', 'ENFILE'], {
    code: 'too-many-open-files',
    sentence: () => 'No more files may be opened. Raise the limit on open files (ulimit -n).',
  }),
  ...each(['ENOMEM', 'EAGAIN'], {
    code: 'no-resources',
    sentence: () =>
      'The system has no memory or no process left for it. End something, or raise the limits of this user.',
  }),
  ...each(['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'ENAMETOOLONG', 'EEXIST', 'ENOTEMPTY'], {
    code: 'path-unusable',
    sentence: (path) =>
      `${path} is missing, or something else than it should be. Put it right, or set METAMCP_HOME to another folder.`,
  }),
  ...each(['EIO', 'ESTALE', 'ENXIO', 'ENODEV'], {
    code: 'disk-failing',
    sentence: (path) => `The disk does not give or take ${path}. See the system's log.`,
  }),
};

/** Codes that say nothing of the path that was asked for. */
const EXHAUSTED: ReadonlySet<string> = new Set(['too-many-open-files', 'no-resources']);

function each(names: readonly string[], refusal: Refusal): Record<string, Refusal> {
  return Object.fromEntries(names.map((name) => [name, refusal]));
}

/** Turns a system call's failure (Node's `SystemError`) into an AppError; anything else stays what it is. */
export function fromSystem(error: unknown): unknown {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return error;
  const refusal = typeof error.code === 'string' ? REFUSALS[error.code] : undefined;
  if (refusal === undefined) return error;
  const path = 'path' in error && typeof error.path === 'string' ? error.path : 'a file';
  return new Unavailable(refusal.code, refusal.sentence(path), { cause: error });
}

/** Says what to do about a system call's failure: a sentence, with a space before it; '' for anything else. */
export function remedyFor(error: unknown): string {
  const known = fromSystem(error);
  return known instanceof Unavailable ? ` ${known.message}` : '';
}

/** Throws what is no answer to the question that a system call was: the process itself is out of something. */
export function throwIfExhausted(error: unknown): void {
  const known = fromSystem(error);
  if (known instanceof Unavailable && EXHAUSTED.has(known.code)) throw known;
}

/** What programs that are not Node say of the same failures: strerror(3) in English. */
const SPOKEN: Readonly<Record<string, string>> = {
  'No space left on device': 'ENOSPC',
  'Disk quota exceeded': 'EDQUOT',
  'Read-only file system': 'EROFS',
  'Too many open files': 'EMFILE',
  'insufficient file descriptors': 'EMFILE',
  'Cannot allocate memory': 'ENOMEM',
  'Input/output error': 'EIO',
};

/** Finds such a failure in what a program has printed, which is then the reason. */
export function fromOutput(output: string, path: string): Unavailable | undefined {
  for (const [words, name] of Object.entries(SPOKEN)) {
    const line = output.split('\n').findLast((each) => each.includes(words));
    const refusal = REFUSALS[name];
    if (line === undefined || refusal === undefined) continue;
    return new Unavailable(refusal.code, refusal.sentence(path), { cause: new Error(line) });
  }
  return undefined;
}
