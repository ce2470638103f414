import type { RequirementsOf } from './requirement.ts';

/** What servers offer, remembered, recorded and approved. */
export const catalogue = {
  'catalogue-digest-all-members': {
    requirement:
      'Whatever a server changes in a tool, prompt, resource or template gives it another digest, to the last digit.',
    source: 'docs/architecture.md, What servers offer; RFC 8785',
  },
  'catalogue-changes-recorded': {
    requirement:
      'What a server offers, and each change of it, is in the history; an order that means nothing is no change.',
    source: 'docs/architecture.md, What servers offer; MCP 2025-11-25, server/tools',
  },
  'catalogue-flapping-bounded': {
    requirement:
      'A server whose lists flap adds a bounded number of events to the history in an hour, and that is recorded.',
    source: 'docs/architecture.md, What servers offer',
  },
  'catalogue-approval': {
    requirement:
      'A tool counts as approved in the definitions that were there first, were allowed to change, or were approved.',
    source: 'docs/architecture.md, What servers offer',
  },
  'catalogue-remembered': {
    requirement:
      'What a server offers is listed from memory, as the server sent it, and never as of other settings of the server.',
    source: 'docs/architecture.md, What servers offer',
  },
  'catalogue-remembered-shared': {
    requirement: 'What a server offers is known to all gateways, one of which asks it at a time.',
    source: 'docs/architecture.md, What servers offer',
  },
  'catalogue-last-known-good': {
    requirement:
      'A server that fails or hangs keeps what it offered last, with the reason, and costs other servers nothing.',
    source: 'docs/architecture.md, What servers offer',
  },
  'catalogue-announced': {
    requirement:
      'A server that sends that a list of its has changed, to any client over any transport, has it read and recorded anew.',
    source: 'docs/architecture.md, What servers offer; MCP 2025-11-25, server/tools, List Changed Notification',
  },
  'catalogue-kept': {
    requirement:
      'What each server offers is known that can be asked, whether clients list it or not; no program is started twice for it.',
    source: 'docs/architecture.md, What servers offer',
  },
  'catalogue-large-steps': {
    requirement:
      'A list of a server, or a single item of it, however large, is parsed, digested, written, filtered and held in steps, none of which is long, so that clients of other servers don’t notice it.',
    source: 'docs/architecture.md, What servers offer',
  },
  'catalogue-private': {
    requirement: 'What a server offers to one key alone is never another key’s, and goes with the key.',
    source: 'docs/architecture.md, What servers offer; MCP 2026-07-28, caching',
  },
  'catalogue-hold': {
    requirement: 'With on_tool_change hold, no client lists or calls a tool whose definition nobody has approved.',
    source: 'docs/architecture.md, What servers offer',
  },
  'catalogue-hold-across-eras': {
    requirement:
      'What is approved, and held back, is what clients of an era get of a server of the other one: an administrator sees it and can approve it.',
    source: 'docs/architecture.md, What servers offer',
  },
  'catalogue-hold-fresh': {
    requirement:
      'With on_tool_change hold, a call reaches a server only if the definition that the server showed within 5 s, and since it last sent that its tools changed, is approved.',
    source: 'docs/architecture.md, What servers offer; docs/reference.md, Tools that change',
  },
  'catalogue-review': {
    requirement:
      'Before an approval it is shown which tools are new, what changed in others from what to what, and which are gone.',
    source: 'docs/reference.md, Tools that change',
  },
  'catalogue-approve-seen': {
    requirement: 'An approval that is given the digest of what was looked at approves that, or nothing.',
    source: 'docs/reference.md, Tools that change',
  },
  'catalogue-marked': {
    requirement: 'Lists of servers mark those with tools that are withheld or flagged.',
    source: 'docs/reference.md, Tools that change',
  },
  'catalogue-approve-now': {
    requirement: 'An approval is of the tools as the server shows them when it is given, and says in what they differ.',
    source: 'docs/reference.md, Tools that change',
  },
  'catalogue-flag': {
    requirement: 'With on_tool_change flag, a tool whose definition nobody has approved is listed with a mark.',
    source: 'docs/architecture.md, What servers offer',
  },
} as const satisfies RequirementsOf<'catalogue'>;
