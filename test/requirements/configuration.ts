import type { RequirementsOf } from './requirement.ts';

/** Configuration as files: import, export, apply and diff. */
export const configuration = {
  'configuration-import-formats': {
    requirement:
      'Files of Claude, Cursor, VS Code, Windsurf, Gemini, MCPHub, Codex and others are imported as they are.',
    source: 'docs/reference.md, Configuration as files',
  },
  'configuration-local-servers': {
    requirement: 'Servers that a client starts, and those that speak SSE, are imported as what they are.',
    source: 'docs/reference.md, Configuration as files',
  },
  'configuration-windows': {
    requirement: 'What only Windows needs to start a server is left out, and what can’t be is refused with what to do.',
    source: 'docs/reference.md, Configuration as files',
  },
  'configuration-env': {
    requirement: 'Variables are the texts that stand in the file or that it refers to; null unsets one.',
    source: 'docs/reference.md, Configuration as files',
  },
  'configuration-command-line': {
    requirement:
      'No reference brings a secret into a command line or a URL, and what looks like a secret there is told.',
    source: 'CWE-214',
  },
  'configuration-registry': {
    requirement:
      'A server.json of the MCP registry, of any released schema, becomes a server at its stated version, or is refused with ' +
      'what to do.',
    source: 'docs/reference.md, Configuration as files',
  },
  'configuration-import-idempotent': {
    requirement: 'Importing a file twice changes nothing, and a change is one event.',
    source: 'docs/reference.md, Configuration as files',
  },
  'configuration-references': {
    requirement: 'A reference is resolved or asked for, and one without a value refuses its server.',
    source: 'docs/reference.md, Configuration as files',
  },
  'configuration-all-or-nothing': {
    requirement: 'When one server of a file is refused, nothing is changed unless that is asked for.',
    source: 'docs/reference.md, Configuration as files',
  },
  'configuration-export-round-trip': {
    requirement: 'What is exported is imported without loss, and no secret is in it.',
    source: 'docs/reference.md, Configuration as files',
  },
  'configuration-generated': {
    requirement:
      'Any file of a client comes to what it means there, is exported and imported again without a difference, and no ' +
      'placeholder is ever sent as a value.',
    source: 'docs/reference.md, Configuration as files',
  },
  'configuration-off': {
    requirement: 'What a file means to be off, in whatever spelling, is imported as off, or refused.',
    source: 'docs/reference.md, Configuration as files',
  },
  'configuration-passed-by': {
    requirement: 'What an entry says that is off, not served or not asked for refuses nothing.',
    source: 'docs/reference.md, Configuration as files',
  },
  'configuration-absent': {
    requirement: 'A member that is null or an empty text counts as absent.',
    source: 'docs/reference.md, Configuration as files',
  },
  'configuration-own-gateway': {
    requirement:
      'What a client’s file has of this gateway itself is no server for it, and is passed by with the reason.',
    source: 'docs/reference.md, Configuration as files',
  },
  'configuration-gateways-headers': {
    requirement: 'Headers that the gateway sends itself are left out of a client’s file, and a note tells.',
    source: 'docs/reference.md, Configuration as files',
  },
  'configuration-mcp-remote': {
    requirement: 'A URL behind mcp-remote is found within cmd /c and other wrappers.',
    source: 'docs/reference.md, Configuration as files',
  },
  'configuration-lists': {
    requirement: 'Servers in a list are read by their names.',
    source: 'docs/reference.md, Configuration as files',
  },
  'configuration-clients': {
    requirement: 'Servers are found wherever a client’s file has them.',
    source: 'docs/reference.md, Configuration as files',
  },
  'configuration-written': {
    requirement: 'What stands in a file without quotes keeps its characters, or is refused.',
    source: 'docs/reference.md, Configuration as files',
  },
  'configuration-placeholders': {
    requirement: 'A placeholder of any client’s form is resolved or refused, never sent.',
    source: 'docs/reference.md, Configuration as files',
  },
  'configuration-own-secrets': {
    requirement:
      'No file can have a secret of the installation itself sent to a server, under whatever name it stands.',
    source: 'CWE-200',
  },
  'configuration-deliveries': {
    requirement:
      'A plan names the variable or file and the host that gets it, and a person is asked before it is read.',
    source: 'CWE-200',
  },
  'configuration-bounded-read': {
    requirement: 'Whatever a path leads to is read within bounds of size and time, or refused in a sentence.',
    source: 'CWE-400',
  },
  'configuration-members': {
    requirement:
      'A header that is there twice but for its case, and a member called __proto__, is refused by its name.',
    source: 'RFC 9110, 5.1; CWE-1321',
  },
  'configuration-no-secrets': {
    requirement: 'No plan, answer or error of a configuration command shows a secret.',
    source: 'docs/architecture.md, Secrets',
  },
  'configuration-files-hostile': {
    requirement: 'A file of any content is read within bounds, and what is wrong with it is said with its place.',
    source: 'CWE-400',
  },
  'configuration-apply': {
    requirement: 'Applying a file makes what it says, by one event for each change, and by none the second time.',
    source: 'docs/reference.md, Configuration as files',
  },
  'configuration-diff': {
    requirement: 'A difference ends diff with 1, none with 0, and nothing is changed by it.',
    source: 'docs/reference.md, Configuration as files',
  },
  'configuration-prune': {
    requirement: 'What is not in the file is removed only when that is asked for and confirmed.',
    source: 'docs/reference.md, Configuration as files',
  },
  'configuration-new-keys': {
    requirement: 'The secret of a key that a file creates is shown once, or written to a file of its owner.',
    source: 'docs/reference.md, Configuration as files',
  },
  'configuration-conflict': {
    requirement:
      'A change that somebody else made since the plan is left alone, and it is said what was done and what was not.',
    source: 'docs/reference.md, Configuration as files',
  },
  'configuration-strict': {
    requirement: 'A file that can’t be applied as a whole is refused as a whole, with line, column and a suggestion.',
    source: 'docs/reference.md, Configuration as files',
  },
  'configuration-roles': {
    requirement:
      'A file states roles and which keys have them; a role gives more after keys have lost it, and less before keys get it, also when it does both.',
    source: 'docs/adr/0032-roles.md; docs/reference.md, Configuration as files',
  },
  'configuration-schema': {
    requirement: 'The JSON Schema of the file is in docs and says the same as the code.',
    source: 'docs/reference.md, Configuration as files',
  },
} as const satisfies RequirementsOf<'configuration'>;
