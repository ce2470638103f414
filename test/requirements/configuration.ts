import type { RequirementsOf } from './requirement.ts';

/** Configuration as files: import, export, apply and diff. */
export const configuration = {
  'configuration-import-formats': {
    requirement: 'Files of Claude, Cursor, VS Code, Windsurf, Gemini, MCPHub and Codex are imported as they are.',
    source: 'issue 4, Configuration as files',
  },
  'configuration-import-idempotent': {
    requirement: 'Importing a file twice changes nothing, and a change is one event.',
    source: 'issue 4, done when',
  },
  'configuration-references': {
    requirement: 'A reference is resolved or asked for, and one without a value refuses its server.',
    source: 'issue 4, Configuration as files',
  },
  'configuration-all-or-nothing': {
    requirement: 'When one server of a file is refused, nothing is changed unless that is asked for.',
    source: 'issue 4, Configuration as files',
  },
  'configuration-export-round-trip': {
    requirement: 'What is exported is imported without loss, and no secret is in it.',
    source: 'issue 4, done when',
  },
  'configuration-no-secrets': {
    requirement: 'No plan, answer or error of a configuration command shows a secret.',
    source: 'DESIGN 3, Secrets',
  },
  'configuration-files-hostile': {
    requirement: 'A file of any content is read within bounds, and what is wrong with it is said with its place.',
    source: 'CWE-400',
  },
} as const satisfies RequirementsOf<'configuration'>;
