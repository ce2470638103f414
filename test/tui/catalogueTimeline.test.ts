import { expect, test } from 'vitest';
import { plain } from '../../cli/tui/frame/text/style.ts';
import { topContent, withSlot } from '../../cli/tui/frame/state.ts';
import { openTrailEvent } from '../../cli/tui/panes/audit/reduce.ts';
import { AUDIT } from '../../cli/tui/panes/audit/state.ts';
import { timelineLines } from '../../cli/tui/screens/timeline/view.ts';
import { TIMELINE, type Timeline } from '../../cli/tui/screens/timeline/timeline.ts';
import { mcpCatalogueStream, type McpCatalogueEvent } from '../../src/events/mcpCatalogue.ts';
import { mcpServerStream } from '../../src/events/mcpServer.ts';
import type { AuditEventRow } from '../../src/projections/tables/auditEvents.ts';
import { catalogueChanged, digestOf } from '../projections/history.ts';
import { NOW, startState } from './stateWorld.ts';

const SECOND = 1_000;

/** An event of the catalogue of the server files, so many seconds before now. */
function row(revision: number, secondsAgo: number, { type, data }: McpCatalogueEvent): AuditEventRow {
  return {
    stream: mcpCatalogueStream('files'),
    revision,
    position: String(revision),
    id: crypto.randomUUID(),
    type,
    at: new Date(NOW - secondsAgo * SECOND),
    actor: 'system:catalogue',
    correlationId: 'c',
    data: JSON.parse(JSON.stringify(data)) as AuditEventRow['data'],
  };
}

const first = catalogueChanged({ read: '1', write: '1' });
const item = (key: string) => ({ key, digest: digestOf('2'), members: [] });
const second: McpCatalogueEvent = {
  ...first,
  data: {
    ...first.data,
    facts: [['instructions', 'x']],
    approves: false,
    lists: {
      tools: {
        digest: digestOf('list2'),
        count: 2,
        added: [item('mail\u001b[2J')],
        removed: ['write'],
        changed: [{ ...item('read'), differs: ['description', 'inputSchema'] }],
      },
    },
  },
};
const approved: McpCatalogueEvent = {
  type: 'McpServerToolsApproved',
  data: { registeredAt: first.data.registeredAt, tools: [{ name: 'read', digest: digestOf('2') }], reason: 'seen' },
};

test('the history of a server has what its catalogue lost, gained and changed, and what was approved of it [catalogue-changes-recorded]', () => {
  const rows = [row(0, 30, first), row(1, 20, second), row(2, 10, approved)];
  const timeline: Timeline = {
    stream: mcpServerStream('files'),
    rows,
    atMs: rows[1]?.at.getTime(),
    stateAt: undefined,
  };
  const shown = timelineLines(timeline, startState({ columns: 120, rows: 40 }), plain).join('\n');
  expect(shown).toContain('CatalogueChanged by system:catalogue; tools added read, write');
  expect(shown).toContain('ToolsApproved by system:catalogue; tools approved read; because: seen');
  const detail = shown.slice(shown.indexOf('What it changed'));
  expect(detail).toMatch(/introduction changed +instructions\n/);
  expect(detail).toMatch(/tools added +mail/);
  expect(detail).toMatch(/tools removed +write\n/);
  expect(detail).toMatch(/tools changed +read \(description, inputSchema\)\n/);
  expect(shown).not.toContain('\u001b');
});

test('an event of a catalogue, or of a repair, opens the history of its server or key [tui-time-travel]', () => {
  const key = '0192f000-0000-7000-8000-000000000001';
  const opened = (stream: string) => {
    const before = withSlot(startState(), AUDIT, { rows: [{ ...row(0, 30, first), stream }], at: 0 });
    const [state, effects] = openTrailEvent(before);
    return [topContent(state, TIMELINE)?.stream, ...effects.map((effect) => effect.effect === 'read' && effect.query)];
  };
  expect(opened(mcpCatalogueStream('files'))).toMatchObject([
    mcpServerStream('files'),
    { stream: mcpServerStream('files') },
    { stream: mcpServerStream('files') },
  ]);
  expect(opened(`streamRepair-apiKey-${key}`)[0]).toBe(`apiKey-${key}`);
  expect(opened('streamRepair-mcpServer-files')[0]).toBe(mcpServerStream('files'));
  expect(opened('of-another-program')[0]).toBe('of-another-program');
});
