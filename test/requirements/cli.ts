import type { RequirementsOf } from './requirement.ts';

/** The command line, and the settings that it shares with the gateway. */
export const cli = {
  'cli-json-document': {
    requirement: 'With --json a command prints exactly one JSON document on stdout, errors included.',
    source: 'docs/architecture.md, Two ways to run',
  },
  'cli-exit-codes': {
    requirement: 'Exit codes are 0 done, 1 refused or not found, 2 wrong usage, 3 a store can’t be reached.',
    source: 'docs/architecture.md, Two ways to run',
  },
  'cli-stdout-is-the-answer': {
    requirement: 'Errors, warnings, logs and progress of a command are on stderr.',
    source: 'docs/architecture.md, Two ways to run',
  },
  'cli-fields': {
    requirement: 'The answer of keys create has id, name and api_key, that of servers add id, name and transport.',
    source: 'docs/architecture.md, Two ways to run',
  },
  'cli-id-prefix': {
    requirement:
      'A key is named by its name, a beginning or the end of its id, or the beginning of its text without the secret; when several ' +
      'could be meant, none is taken, and they are named.',
    source: 'docs/architecture.md, Administration',
  },
  'cli-key-names': {
    requirement: 'People read the names of keys, each with the end of its id in brackets, which every command takes.',
    source: 'docs/architecture.md, Administration',
  },
  'cli-actor': {
    requirement:
      'A change names its user, also under sudo and in a container: --as, METAMCP_ACTOR or SUDO_USER, beside the system’s user.',
    source: 'docs/docker.md',
  },
  'cli-confirm': {
    requirement:
      'What can’t be undone needs --confirm, or a yes on a terminal; of several keys their number, and so does whatever is done to all.',
    source: 'docs/architecture.md, Administration',
  },
  'cli-undo': {
    requirement:
      'An undo takes back the last command of its user, or an event, by events that name it as their cause; it says what can’t be ' +
      'undone and why, and takes back nothing else unless that is wanted.',
    source: 'docs/operating.md, Undo',
  },
  'cli-aliases': {
    requirement:
      'The words ls, rm, revoke and the singular of keys, servers and tools do what the commands do that they stand for.',
    source: 'docs/operating.md, The command line for people',
  },
  'cli-times': {
    requirement:
      'On a terminal times are relative, and absolute ones name their zone; in a pipe and with --json they are RFC 3339 in UTC.',
    source: 'docs/operating.md, The command line for people',
  },
  'cli-local-servers': {
    requirement:
      'A server that is a command is registered with its folder, it is said what will be run, and its variables are never ' +
      'shown.',
    source: 'docs/reference.md, Servers that are programs',
  },
  'cli-literal-secrets': {
    requirement:
      'A secret that stands on the command line itself is warned of once, with the way to keep it out of the list of processes.',
    source: 'docs/reference.md, Use',
  },
  'cli-unmet-grants': {
    requirement:
      'A grant of a server that there is not, or of tools that a server has not shown, is made, with a warning that names what ' +
      'was probably meant.',
    source: 'docs/reference.md, Keys',
  },
  'cli-own-name': {
    requirement: 'Messages and help name the CLI as it was started, so that what they say can be typed.',
    source: 'docs/architecture.md, Administration',
  },
  'cli-failing-programs': {
    requirement: 'A program that can’t serve is told with its last lines and a remedy, at once where it has ended.',
    source: 'docs/reference.md, Servers that are programs',
  },
  'cli-tools-list': {
    requirement: 'The tools of all servers are listed, with which servers did not answer.',
    source: 'docs/reference.md, Tools from a shell',
  },
  'cli-tools-call': {
    requirement: 'A tool is called from a shell, its progress is shown on stderr, and its failure is an exit code.',
    source: 'docs/reference.md, Tools from a shell',
  },
  'cli-tool-arguments': {
    requirement: 'What is typed is sent as the type that the tool’s schema wants, or refused by its name.',
    source: 'docs/reference.md, Tools from a shell',
  },
  'cli-connect-one': {
    requirement: 'The entry for all servers takes the place of those that were written for single ones; others stay.',
    source: 'docs/reference.md, Connect a client',
  },
  'cli-repeats-no-secret': {
    requirement: 'No output repeats a secret from the arguments, the settings or a server’s headers.',
    source: 'docs/architecture.md, Secrets',
  },
  'cli-hostile-text': {
    requirement: 'Text of others is shown without obeying it.',
    source: 'CWE-150',
  },
  'cli-settings': {
    requirement: 'The environment wins over .env, .env over the file, the file over the defaults, loopback among them.',
    source: 'docs/architecture.md, Two ways to run; MCP 2025-11-25, basic/transports, Security Warning',
  },
  'cli-readme': {
    requirement: 'Every command of the README works as it stands.',
    source: 'docs/architecture.md, Administration',
  },
  'cli-verify': {
    requirement:
      'The command keys verify reads a key from a prompt, a file or stdin, and says whether it is good or what refuses it.',
    source: 'docs/architecture.md, Administration',
  },
  'cli-prompts': {
    requirement: 'A question for a secret shows nothing of the answer, and Ctrl-C at any question changes nothing.',
    source: 'docs/architecture.md, Administration',
  },
  'cli-completion': {
    requirement:
      'Shells complete commands, options, values, ids and names; where nothing answers at once, silently nothing.',
    source: 'docs/architecture.md, Administration',
  },
  'cli-completion-quoting': {
    requirement:
      'What a shell completes is the word that the command gets, whatever stands in a name, quoted or not; nothing in it runs.',
    source: 'docs/architecture.md, Administration; POSIX.1-2024, Shell Command Language, 2.2',
  },
  'cli-examples': {
    requirement: 'The help of every command has an example that works.',
    source: 'docs/architecture.md, Administration',
  },
  'cli-installation-id': {
    requirement:
      'Each installation has a random id, made once, which /health/live tells and which reveals nothing else.',
    source: 'docs/operating.md, Which stores a gateway uses',
  },
  'cli-other-installation': {
    requirement:
      'A command that speaks of a gateway warns when that one works on other stores, with the remedy, and says nothing when no gateway answers at once.',
    source: 'docs/operating.md, Which stores a gateway uses',
  },
  'cli-status': {
    requirement: 'The command status shows gateway, stores, keys and servers on one screen, as far as they answer.',
    source: 'docs/operating.md, Find what is wrong',
  },
  'cli-doctor': {
    requirement: 'The command doctor finds what is wrong, each with its remedy, and changes nothing.',
    source: 'docs/operating.md, Find what is wrong',
  },
  'cli-doctor-writes-nothing': {
    requirement:
      'The commands doctor and status make, note and apply nothing: each file of the state folder and each row is as before.',
    source: 'docs/operating.md, Find what is wrong',
  },
  'cli-doctor-alone': {
    requirement: 'What is broken keeps no other check from its finding.',
    source: 'docs/operating.md, Find what is wrong',
  },
  'cli-doctor-servers': {
    requirement:
      'The command doctor asks each server that is enabled for a sign of life, within a bound, several at once.',
    source: 'docs/operating.md, Find what is wrong',
  },
  'cli-light': {
    requirement:
      'A command loads what it needs: help no driver, a read only the tables, which it asks a few times over one connection.',
    source: 'docs/architecture.md, Administration',
  },
  'cli-light-current': {
    requirement: 'A read opens the tables alone only where they contain every event of this history, in this version.',
    source: 'docs/architecture.md, Administration',
  },
  'cli-matrix': {
    requirement:
      'Every command is tested done, refused, used wrongly and without its store, for people and for programs.',
    source: 'docs/architecture.md, Administration',
  },
  'cli-json-shapes': {
    requirement: 'The document of every command has a JSON Schema, which metamcp-cli schema prints.',
    source: 'docs/architecture.md, Administration',
  },
  'cli-connect-clients': {
    requirement: 'The entry and the file of each client are those of its documentation.',
    source: 'docs/clients.md',
  },
  'cli-connect-undamaged': {
    requirement:
      'A client’s file is never damaged: what can’t be read or written again as it is, is refused, and of two writers one.',
    source: 'docs/clients.md',
  },
  'cli-mcp-remote-http': {
    requirement: 'The program mcp-remote gets --allow-http where it would refuse the gateway’s URL, and nowhere else.',
    source: 'docs/clients.md, Claude Desktop',
  },
  'cli-snippet-whole': {
    requirement: 'What is to be pasted is never broken within a word, a text in quotes or a URL.',
    source: 'docs/reference.md, Connect a client',
  },
  'cli-connect': {
    requirement:
      'The command connect writes a client’s file after showing the change, keeps a copy, and leaves all else byte for byte.',
    source: 'docs/architecture.md, Administration',
  },
  'cli-headers': {
    requirement: 'The headers helper of Claude Code exchanges the key for a token, and sends the key nowhere else.',
    source: 'docs/architecture.md, Administration',
  },
  'cli-dry-run': {
    requirement: 'With --dry-run a command says what it would do, or what refuses it, and changes nothing.',
    source: 'docs/architecture.md, Administration',
  },
  'cli-init': {
    requirement:
      'The command init makes what is missing for a working set-up and nothing else, and checks that a call works.',
    source: 'docs/architecture.md, Administration',
  },
  'cli-newcomer': {
    requirement:
      'Who follows the first steps, in a fresh clone or with the installed package, comes to a call through the gateway.',
    source: 'docs/getting-started.md',
  },
  'cli-concurrent': {
    requirement:
      'Of several administrators who change the same thing at once, each is told the truth, and history shows each change.',
    source: 'docs/architecture.md, Administration',
  },
} as const satisfies RequirementsOf<'cli'>;
