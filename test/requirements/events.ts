import type { RequirementsOf } from './requirement.ts';

/** Events, the stores that keep them, and the commands that make them. */
export const events = {
  'events-expected-revision': {
    requirement: 'An append with another revision than the stream’s appends nothing; of many at once, one wins.',
    source: 'docs/architecture.md, Events',
  },
  'events-retry-once': {
    requirement:
      'An append that is sent again with the same event ids happens once; whenever it is answered, the answer is the same.',
    source: 'docs/architecture.md, Write path; docs/adr/0014',
  },
  'events-retry-until-known': {
    requirement:
      'An append of unknown outcome is repeated until the store answers, also while its first try is under way.',
    source: 'docs/architecture.md, Write path; docs/adr/0014',
  },
  'events-as-written': {
    requirement: 'An event is read as it was written, for ever: nothing changes or drops what is stored.',
    source: 'docs/architecture.md, Events',
  },
  'events-identity': {
    requirement: 'A store has one identity, and no other store has it.',
    source: 'docs/adr/0014',
  },
  'events-copy': {
    requirement: 'A history moves to another store with every id, order and hash, and a copy that stopped goes on.',
    source: 'docs/adr/0014',
  },
  'events-outcome-truthful': {
    requirement: 'An append that may have happened is never reported as one that did not, nor the other way round.',
    source: 'docs/adr/0014',
  },
  'events-none-lost': {
    requirement: 'A subscription loses, repeats and reorders nothing, whoever writes and whatever connection breaks.',
    source: 'docs/architecture.md, Events',
  },
  'events-acknowledged-kept': {
    requirement: 'An acknowledged event survives kill -9, and no append is half there.',
    source: 'docs/architecture.md, Write path',
  },
  'events-back-pressure': {
    requirement: 'Events are read no faster than they are taken.',
    source: 'docs/architecture.md, Laws',
  },
  'events-decode-for-ever': {
    requirement: 'Every released shape of an event decodes to the newest one.',
    source: 'docs/architecture.md, Events',
  },
  'events-unreadable-alone': {
    requirement:
      'An event of an unknown type is skipped; a known one that can’t be read makes its own key or server unusable, and ' +
      'everybody else’s events go on.',
    source: "docs/eventstoredb.md, Events that can't be read",
  },
  'events-strangers': {
    requirement: 'A stream whose name or first event is not ours in form is a stranger’s and is passed by.',
    source: 'docs/eventstoredb.md, A store that others use',
  },
  'events-keys-of-history': {
    requirement:
      'Beside a history, system keys that are missing or others than it was written with are refused and never replaced in silence.',
    source: 'docs/adr/0016',
  },
  'events-bookmark': {
    requirement:
      'Nothing is appended, applied or called current before the last applied event was read again at its place, over ' +
      'the connection that is used.',
    source: 'docs/adr/0016',
  },
  'events-considered-once': {
    requirement: 'What was considered of the store is never considered again, strangers’ records included.',
    source: 'docs/eventstoredb.md, A store that others use',
  },
  'events-checked-where-made': {
    requirement: 'An event that its own schema would refuse, drop or change is never appended: the command is refused.',
    source: 'docs/architecture.md, Events; docs/architecture.md, Laws',
  },
  'events-attributed': {
    requirement: 'Every change says who made it, when, and by which command.',
    source: 'docs/architecture.md, Events',
  },
  'events-chained': {
    requirement: 'Every event carries a keyed hash over itself and its predecessor, and verifies as stored.',
    source: 'docs/architecture.md, Tamper evidence',
  },
  'events-chain-outlives-shredding': {
    requirement: 'A history verifies and can be read after its secrets were destroyed.',
    source: 'docs/architecture.md, Tamper evidence',
  },
  'events-command-idempotent': {
    requirement: 'A command that finds things already so changes nothing.',
    source: 'docs/architecture.md, Write path',
  },
  'events-race-decided-again': {
    requirement:
      'A command that lost a race is decided again on what is there then, until it wins or has tried for 15 seconds.',
    source: 'docs/architecture.md, Write path',
  },
  'events-race-all-win': {
    requirement: 'Ten administrators who change one server at once all get through, whichever store keeps the events.',
    source: 'docs/adr/0014',
  },
  'events-whole-history': {
    requirement:
      'No command decides on a stream that lacks its beginning or has a gap, that is somebody else’s, or that can’t be read.',
    source: 'docs/architecture.md, Streams have no holes',
  },
  'events-retired': {
    requirement:
      'A key or server whose history can’t be read can be made invalid nevertheless, and valid again once it is whole.',
    source: 'docs/architecture.md, Streams have no holes; docs/adr/0015',
  },
  'events-forged': {
    requirement:
      'What somebody else puts into a stream of ours is not obeyed, is named by verify and can be passed by; it revives no key, destroys no secret and hinders no revocation.',
    source: 'docs/architecture.md, Tamper evidence; docs/adr/0015',
  },
  'events-skipped': {
    requirement: 'An operator has readers pass by an event that can’t be read, and that is an event, too.',
    source: 'docs/adr/0015',
  },
  'events-snapshot': {
    requirement:
      'A command on a long stream reads its end only, and a snapshot counts only where exactly its event stands.',
    source: 'docs/adr/0016',
  },
  'events-revoked-unprojected': {
    requirement: 'A revocation is in force when it is reported, also while the read tables stand still.',
    source: 'docs/adr/0015',
  },
  'events-server-name-identity': {
    requirement: 'A server’s name is its identity: taken once, and free again after a deletion.',
    source: 'docs/architecture.md, Events',
  },
} as const satisfies RequirementsOf<'events'>;
