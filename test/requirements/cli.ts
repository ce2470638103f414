import type { RequirementsOf } from './requirement.ts';

/** The command line, and the settings that it shares with the gateway. */
export const cli = {
  'cli-json-document': {
    requirement: 'With --json a command prints exactly one JSON document on stdout, errors included.',
    source: 'DESIGN 1',
  },
  'cli-exit-codes': {
    requirement: 'Exit codes are 0 done, 1 refused or not found, 2 wrong usage, 3 a store can’t be reached.',
    source: 'DESIGN 1',
  },
  'cli-stdout-is-the-answer': {
    requirement: 'Errors, warnings, logs and progress of a command are on stderr.',
    source: 'DESIGN 1',
  },
  'cli-fields': {
    requirement: 'The answer of keys create has id, name and api_key, that of servers add id, name and transport.',
    source: 'DESIGN 1',
  },
  'cli-id-prefix': {
    requirement: 'An id may be shortened to any unambiguous prefix; of an ambiguous one the candidates are named.',
    source: 'DESIGN 9',
  },
  'cli-confirm': {
    requirement: 'What can’t be undone needs --confirm.',
    source: 'DESIGN 9',
  },
  'cli-repeats-no-secret': {
    requirement: 'No output repeats a secret from the arguments, the settings or a server’s headers.',
    source: 'DESIGN 3, Secrets',
  },
  'cli-hostile-text': {
    requirement: 'Text of others is shown without obeying it.',
    source: 'CWE-150',
  },
  'cli-settings': {
    requirement: 'The environment wins over .env, .env over the file, the file over the defaults, loopback among them.',
    source: 'DESIGN 1; MCP 2025-11-25, basic/transports, Security Warning',
  },
  'cli-readme': {
    requirement: 'Every command of the README works as it stands.',
    source: 'issue 2, done when',
  },
  'cli-verify': {
    requirement:
      'The command keys verify reads a key from a prompt, a file or stdin, and says whether it is good or what refuses it.',
    source: 'issue 4, 2',
  },
  'cli-prompts': {
    requirement: 'A question for a secret shows nothing of the answer, and Ctrl-C at any question changes nothing.',
    source: 'issue 4, 4',
  },
  'cli-completion': {
    requirement:
      'Shells complete commands, options, values, ids and names; where nothing answers at once, silently nothing.',
    source: 'issue 4, 2',
  },
  'cli-examples': {
    requirement: 'The help of every command has an example that works.',
    source: 'issue 4, 2',
  },
  'cli-matrix': {
    requirement:
      'Every command is tested done, refused, used wrongly and without its store, for people and for programs.',
    source: 'issue 4, done when',
  },
  'cli-json-shapes': {
    requirement: 'The document of every command has a JSON Schema, which metamcp-cli schema prints.',
    source: 'issue 4, 2',
  },
  'cli-connect': {
    requirement:
      'The command connect writes a client’s file after showing the change, keeps a copy, and leaves all else byte for byte.',
    source: 'issue 4, 5',
  },
  'cli-headers': {
    requirement: 'The headers helper of Claude Code exchanges the key for a token, and sends the key nowhere else.',
    source: 'issue 4, 5',
  },
  'cli-dry-run': {
    requirement: 'With --dry-run a command says what it would do, or what refuses it, and changes nothing.',
    source: 'issue 4, 2',
  },
  'cli-init': {
    requirement:
      'The command init makes what is missing for a working set-up and nothing else, and checks that a call works.',
    source: 'issue 4, 4',
  },
  'cli-concurrent': {
    requirement:
      'Of several administrators who change the same thing at once, each is told the truth, and history shows each change.',
    source: 'issue 4, done when',
  },
} as const satisfies RequirementsOf<'cli'>;
