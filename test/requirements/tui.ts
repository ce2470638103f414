import type { RequirementsOf } from './requirement.ts';

/** The terminal user interface. */
export const tui = {
  'tui-opens': {
    requirement: 'Without arguments and in a terminal the CLI opens the TUI; q leaves it with exit code 0.',
    source: 'docs/architecture.md, Two ways to run; docs/reference.md, The terminal interface',
  },
  'tui-first-frame': {
    requirement:
      'A whole frame that names what is waited for stands before the stores are opened; what is typed meanwhile takes effect afterwards, and q and Ctrl-C leave at once.',
    source: 'docs/performance.md, The terminal interface',
  },
  'tui-light': {
    requirement:
      'What speaks with servers is loaded when the first one is visited, and the first list does not wait for it.',
    source: 'docs/performance.md, The terminal interface',
  },
  'tui-client-written': {
    requirement: 'On the screen of a new key, w shows the change of the client’s file, asks, and writes it.',
    source: 'docs/reference.md, The terminal interface',
  },
  'tui-secret-once': {
    requirement:
      'A new secret is shown once, can be copied by OSC 52, and is in neither the screen nor the scrollback once it is left.',
    source: 'docs/reference.md, The terminal interface',
  },
  'tui-terminal-restored': {
    requirement: 'However the TUI ends, the terminal is as it was before.',
    source: 'docs/reference.md, The terminal interface',
  },
  'tui-server-journey': {
    requirement: 'A server is added, tested before and after, and its tools are run from a form made of their schema.',
    source: 'docs/reference.md, The terminal interface',
  },
  'tui-server-forms': {
    requirement:
      'The form of a server asks for what goes with its transport, and keeps what was typed for another one.',
    source: 'docs/reference.md, The terminal interface',
  },
  'tui-approve': {
    requirement:
      'New and changed tools of a server are looked at on its screen, and approved as they were shown, or not at all.',
    source: 'docs/reference.md, Tools that change',
  },
  'tui-programs': {
    requirement: 'What the programs of a server do is shown; they are restarted, and their log is read, by keystrokes.',
    source: 'docs/reference.md, The terminal interface',
  },
  'tui-test-all': {
    requirement: 'All servers that are enabled are tested at once, and those that fail are named.',
    source: 'docs/reference.md, The terminal interface',
  },
  'tui-bulk': {
    requirement:
      'Many keys or servers are marked and changed at once: a plan shows what becomes of each, one confirmation does it, and those that fail are named.',
    source: 'docs/reference.md, The terminal interface',
  },
  'tui-sort': {
    requirement: 'Lists are sorted by a keystroke, and their headers show by what.',
    source: 'docs/reference.md, The terminal interface',
  },
  'tui-past': {
    requirement:
      'Keys, servers and roles are shown as they were at any moment, as something past that can’t be changed.',
    source: 'docs/reference.md, The terminal interface',
  },
  'tui-copies': {
    requirement:
      'Every screen copies the command that does the same, without secrets, and the id or name of what it shows.',
    source: 'docs/reference.md, The terminal interface',
  },
  'tui-looks': {
    requirement:
      'At 80 × 24, 120 × 40 and 200 × 60 every screen has its tabs and its status line, nothing is cut without an ellipsis, numbers end below each other, the row under the cursor is highlighted over its full width, and colours can be read on light and dark and are for marks and words, not for sentences; with NO_COLOR there are none, and the row under the cursor still stands out.',
    source: 'docs/reference.md, The terminal interface; no-color.org',
  },
  'tui-budgets': {
    requirement:
      'A key press that moves writes at most 2 KB, nothing clears the whole screen, the screen is what the state says after every key, and while nothing happens nothing is written and nothing but the clocks wakes the process.',
    source: 'docs/performance.md',
  },
  'tui-first-steps': {
    requirement:
      'Where there are no keys or no servers yet, three steps lead to a first call, with the keystrokes for each.',
    source: 'docs/reference.md, The terminal interface',
  },
  'tui-picks': {
    requirement:
      'Grants are chosen from the servers and tools that there are, and each scope is shown with its meaning.',
    source: 'docs/reference.md, The terminal interface',
  },
  'tui-editor': {
    requirement: 'A key is edited as YAML in the user’s editor; what that would change is shown before it is done.',
    source: 'docs/reference.md, The terminal interface',
  },
  'tui-key-journey': {
    requirement: 'What is done to a key in the TUI is in force on a running gateway when the TUI says so.',
    source: 'docs/reference.md, The terminal interface; docs/architecture.md, Read your writes',
  },
  'tui-roles': {
    requirement:
      'Roles are listed with what they give and how many keys have them, made, changed and deleted; keys get them in their forms, and many at once.',
    source: 'docs/reference.md, The terminal interface; docs/adr/0032-roles.md',
  },
  'tui-administrator': {
    requirement:
      'An administrator of 500 keys, 60 servers and 40 people gives access, finds who used a tool, takes access away and undoes that by keystrokes alone.',
    source: 'docs/reference.md, The terminal interface',
  },
  'tui-undo-together': {
    requirement:
      'What was done to many at once is undone at once, after a plan; what was changed since, or can’t be taken back, is named and left as it is.',
    source: 'docs/reference.md, The terminal interface',
  },
  'tui-time-travel': {
    requirement: 'The state of a key is shown as it was at any moment of its history.',
    source: 'docs/reference.md, The terminal interface',
  },
  'tui-undo': {
    requirement:
      'An event is undone by a compensating one, with a reason, where there is one, and else the TUI says why not.',
    source: 'docs/reference.md, The terminal interface',
  },
  'tui-names': {
    requirement:
      'The audit trail and histories call keys and who did something by their names, and are filtered by them.',
    source: 'docs/reference.md, The terminal interface',
  },
  'tui-nothing-half-done': {
    requirement:
      'A change under way is finished or clearly reported when the TUI is left, and a form that is left changes nothing.',
    source: 'docs/reference.md, The terminal interface',
  },
  'tui-live': {
    requirement: 'What is changed elsewhere is on the screen within a second, also after the connection was lost.',
    source: 'docs/reference.md, The terminal interface',
  },
  'tui-sizes': {
    requirement: 'Every screen fits the terminal, also while it is resized, from 40 columns on.',
    source: 'docs/reference.md, The terminal interface',
  },
  'tui-list-looks': {
    requirement:
      'The chosen row is highlighted over the whole width, a bar shows how far down a long list is, and from 140 columns on the chosen thing stands beside its list.',
    source: 'docs/reference.md, The terminal interface',
  },
  'tui-no-colour': {
    requirement: 'With NO_COLOR nothing is coloured, and everything can still be told apart.',
    source: 'docs/reference.md, The terminal interface; no-color.org',
  },
  'tui-screen-reader': {
    requirement: 'With INK_SCREEN_READER the screen is written as plain lines in their order.',
    source: 'docs/reference.md, The terminal interface',
  },
  'tui-windowed': {
    requirement: 'Of a long list only the pages around the cursor are read and kept.',
    source: 'docs/reference.md, The terminal interface',
  },
  'tui-keyboard': {
    requirement:
      'Every action has a shortcut, help is made of the same shortcuts, and a pasted text is never taken for keystrokes.',
    source: 'docs/reference.md, The terminal interface',
  },
  'tui-palette': {
    requirement: 'Every action is found by its name.',
    source: 'docs/reference.md, The terminal interface',
  },
  'tui-new-pane': {
    requirement:
      'A new pane needs its folder and its entry in the array of panes: tabs, shortcuts, help and palette follow.',
    source: 'docs/architecture.md, Where does X go?',
  },
  'tui-forms': {
    requirement: 'A form says what is wrong as one types, and keeps the answers when its command is refused.',
    source: 'docs/reference.md, The terminal interface',
  },
  'tui-tool-form': {
    requirement:
      'The form of a tool is made of its JSON schema, checks what the schema says, and sends typed arguments.',
    source: 'docs/reference.md, The terminal interface',
  },
  'tui-tool-form-values': {
    requirement:
      'Whatever JSON schema a server sends, its tool has a form, and what is sent is what was typed: numbers with their digits, texts as they are, null and empty texts when they are meant.',
    source: 'MCP 2025-11-25, server/tools; JSON Schema 2020-12; RFC 8259, 6',
  },
  'tui-tool-form-paste': {
    requirement: 'The lines of a text that is pasted into the form of a tool stay lines.',
    source: 'MCP 2025-11-25, server/tools',
  },
  'tui-server-failure': {
    requirement:
      'Why a server did not answer is shown as it was; what is cancelled or takes too long is ended at the server, too.',
    source: 'MCP 2025-11-25, basic/utilities/cancellation; basic/lifecycle, Timeouts',
  },
  'tui-hostile-text': {
    requirement:
      'Text from stores and servers can neither move the cursor nor pass for something else, nor break the lines.',
    source: 'docs/reference.md, The terminal interface',
  },
  'tui-activity-once': {
    requirement:
      'A change is one line of Activity, however it is told and how often, and two changes of a moment are two.',
    source: 'docs/reference.md, The terminal interface',
  },
  'tui-activity': {
    requirement:
      'Calls and changes are shown as they happen in the gateway, and changes alone while no gateway answers.',
    source: 'docs/reference.md, The terminal interface',
  },
  'tui-usage': {
    requirement: 'Who used what how much is shown by key, server, tool and hour.',
    source: 'docs/reference.md, The terminal interface',
  },
  'tui-two-administrators': {
    requirement:
      'Whoever changes what someone else has changed meanwhile is told so, and nothing is overwritten unseen.',
    source: 'docs/reference.md, The terminal interface',
  },
} as const satisfies RequirementsOf<'tui'>;
