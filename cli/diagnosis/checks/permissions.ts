import { existsSync, statSync } from 'node:fs';
import { checkMode, secretFiles } from '../../../src/installationChecks.ts';
import type { Check, Finding } from '../check.ts';

/** Writing for the group and for others (chmod(2)). */
const OTHERS_WRITE = 0o022;

/** Files with secrets are their owner's alone, and nobody else can put others into the state folder. */
export const permissions: Check = ({ configuration, cwd }) => {
  const { home } = configuration.settings;
  const isWindows = process.platform === 'win32';
  const files = secretFiles(configuration, cwd).map((path): Finding => {
    const { status, detail } = checkMode(path);
    return status === 'ok'
      ? { state: 'ok', about: path, detail }
      : { state: 'problem', about: path, detail: `${detail}.`, remedy: `chmod 600 ${path}` };
  });
  const mode = existsSync(home) ? statSync(home).mode & 0o777 : 0;
  const folder: Finding[] =
    !isWindows && (mode & OTHERS_WRITE) !== 0
      ? [
          {
            state: 'problem',
            about: home,
            detail: `Others than its owner may write to the state folder (${mode.toString(8)}).`,
            remedy: `chmod go-w ${home}`,
          },
        ]
      : [];
  const findings = [...files, ...folder];
  return findings.length > 0 ? findings : [{ state: 'ok', detail: 'No secret stands in a file' }];
};
