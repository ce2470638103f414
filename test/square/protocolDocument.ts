import { writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { ENDPOINTS, eraOfServer, REVISIONS, SERVERS, SIDES, type Revision, type Side } from './dimensions.ts';
import { FEATURES, type FeatureName } from './features.ts';
import { impossible, type Impossible } from './impossible.ts';
import { TRANSLATIONS } from './translations.ts';

/** The square for readers: docs/protocol.md. */
export const DOCUMENT = new URL('../../docs/protocol.md', import.meta.url);

const NAMES = Object.keys(FEATURES) as FeatureName[];

/** Writes the document from the matrix that the tests run. */
export async function protocolDocument(): Promise<string> {
  const notes = new Notes();
  const rows = NAMES.map((name) => [name, ...REVISIONS.map((revision) => cellOf(name, revision, notes))]);
  const crossing = NAMES.map((name) => [name, TRANSLATIONS[name].toModern, TRANSLATIONS[name].toLegacy]);
  const text = `# What works between whom

This file is written by \`node test/square/protocolDocument.ts\` from the table that the tests run (\`test/square\`): don't change it by hand.

A client of each revision (${list(REVISIONS)}) meets each kind of server (${list(SERVERS)})
at each endpoint (${list(ENDPOINTS.map(code))}): ${REVISIONS.length} × ${SERVERS.length} × ${ENDPOINTS.length} = ${SIDES.length}
pairs, with ${NAMES.length} features each. Every one of these ${SIDES.length * NAMES.length} cells is a test [bridge-square]. _Legacy_ are the
revisions before 2026-07-28, _modern_ is that one; what stands here of servers of an era holds for each of its transports. \`NDJSON\` is
\`POST /api/v1/mcp/stream\`.

## By the client's revision

${table(['feature', ...REVISIONS], rows)}

"yes" holds for servers of both eras over every transport, at every endpoint. [proxy.md](proxy.md#the-bridge) says how.

${notes.text()}

Clients of one era whose server speaks the same one get what the server sends, as it is. Over HTTP, at \`/mcp/<server>\`, that is byte for byte,
but for the ids of tasks, and what a grant conceals; \`/mcp\` changes names, the URIs of interfaces and skills, and what is bound to a server
([proxy.md](proxy.md#the-aggregate)). \`tasks/list\` is unknown everywhere ([ADR 18](adr/0018-ids-of-tasks-are-sealed.md)).

## Between the eras

${table(['feature', 'a legacy client, a modern server', 'a modern client, a legacy server'], crossing)}

\`initialize\` is answered from \`server/discover\`, and \`server/discover\` from \`initialize\`. \`ping\` of a legacy client is answered by the gateway.
`;
  const config = await resolveConfig(DOCUMENT);
  return await format(text, { ...config, parser: 'markdown' });
}

/** The reasons why something can't be had, each with its number. */
class Notes {
  readonly #numbered = new Map<string, number>();

  numberOf({ because, paragraph, instead }: Impossible): number {
    const text = `${because} (${paragraph}). ${instead}`;
    const number = this.#numbered.get(text) ?? this.#numbered.size + 1;
    this.#numbered.set(text, number);
    return number;
  }

  text(): string {
    return [...this.#numbered].map(([text, number]) => `${number}. ${text}`).join('\n');
  }
}

/** What a client of a revision can have of a feature: the same words for all sides, or for which it can't. */
function cellOf(feature: FeatureName, revision: Revision, notes: Notes): string {
  const sides = SIDES.filter((side) => side.revision === revision);
  const byReason = Map.groupBy(sides, (side) => {
    const reason = impossible(feature, side);
    return reason && notes.numberOf(reason);
  });
  const works = byReason.get(undefined);
  const reasons = [...byReason].filter(([number]) => number !== undefined);
  if (works === undefined && reasons.length === 1) return `no (${String(reasons[0]?.[0])})`;
  if (reasons.length === 0) return 'yes';
  const exceptions = reasons.map(([number, at]) => `${whereOf(at, sides)}: no (${String(number)})`);
  return [...(works === undefined ? [] : ['yes']), ...exceptions].join('; ');
}

/** Names those of all sides that some are. @throws when no era of servers, and no endpoint, is what they have in common */
function whereOf(some: readonly Side[], all: readonly Side[]): string {
  const eras = new Set(some.map(({ server }) => eraOfServer(server)));
  const endpoints = new Set(some.map(({ endpoint }) => endpoint));
  const alike = all.filter(({ server, endpoint }) => eras.has(eraOfServer(server)) && endpoints.has(endpoint));
  if (alike.length !== some.length) throw new Error('these sides have no name in common');
  const ofServers = eras.size === 1 ? [`${[...eras].join()} server`] : [];
  const ofEndpoints = endpoints.size < ENDPOINTS.length ? [...endpoints].map(code) : [];
  return [...ofServers, ofEndpoints.join(', ')].filter((part) => part !== '').join(', ');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function list(words: readonly string[]): string {
  return words.join(', ');
}

function code(text: string): string {
  return `\`${text}\``;
}

if (import.meta.main) await writeFile(DOCUMENT, await protocolDocument());
