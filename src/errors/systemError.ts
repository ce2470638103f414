import { Unavailable } from './appError.ts';

/** A meaning of errors of the operating system, and its remedy. */
interface SystemFault {
  readonly code: string;
  /** @param path the path that the system names, or `a file` */
  readonly sentence: (path: string) => string;
}

const FAULTS: Readonly<Record<string, SystemFault>> = {
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

/** Codes that have nothing to do with the path of the system call. */
const EXHAUSTED: ReadonlySet<string> = new Set(['too-many-open-files', 'no-resources']);

function each(names: readonly string[], fault: SystemFault): Record<string, SystemFault> {
  return Object.fromEntries(names.map((name) => [name, fault]));
}

/** Turns a system call's failure (Node's `SystemError`) into an AppError; returns any other error as it is. */
export function fromSystem(error: unknown): unknown {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return error;
  const fault = typeof error.code === 'string' ? FAULTS[error.code] : undefined;
  if (fault === undefined) return error;
  const path = 'path' in error && typeof error.path === 'string' ? error.path : 'a file';
  return new Unavailable(fault.code, fault.sentence(path), { cause: error });
}

/** Finds the remedy for a system call's failure: a space and a sentence; '' for any other error. */
export function remedyFor(error: unknown): string {
  const known = fromSystem(error);
  return known instanceof Unavailable ? ` ${known.message}` : '';
}

/** Throws an error that says nothing of the path of a system call: the process has no descriptor or memory left. */
export function throwIfExhausted(error: unknown): void {
  const known = fromSystem(error);
  if (known instanceof Unavailable && EXHAUSTED.has(known.code)) throw known;
}

/** The same failures as other programs print them: strerror(3) in English. */
const PRINTED: Readonly<Record<string, string>> = {
  'No space left on device': 'ENOSPC',
  'Disk quota exceeded': 'EDQUOT',
  'Read-only file system': 'EROFS',
  'Too many open files': 'EMFILE',
  'insufficient file descriptors': 'EMFILE',
  'Cannot allocate memory': 'ENOMEM',
  'Input/output error': 'EIO',
};

/** Finds such a failure in a program's output; its line becomes the cause. */
export function fromOutput(output: string, path: string): Unavailable | undefined {
  for (const [text, name] of Object.entries(PRINTED)) {
    const line = output.split('\n').findLast((each) => each.includes(text));
    const fault = FAULTS[name];
    if (line === undefined || fault === undefined) continue;
    // PostgreSQL in the single-user mode of initdb asks before each line.
    const cause = new Error(line.replace(/^(?:backend> )+/, ''));
    return new Unavailable(fault.code, fault.sentence(path), { cause });
  }
  return undefined;
}
