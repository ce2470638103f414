import { auditDocument } from '../../../src/audit/auditDocument.ts';
import { apiKeyStream } from '../../../src/events/streamName.ts';
import { changesOf, HISTORY_COLUMNS, historyCells } from '../../views/auditView.ts';
import type { Cli } from '../../cli.ts';
import { keyJson, keyTitle } from '../../views/keyView.ts';
import { layOutTable } from '../../output/table.ts';
import { readWholeHistory } from '../../stores/pages.ts';
import { namesInHistory } from '../../stores/namesInHistory.ts';
import { resolveKey } from '../../stores/resolveKey.ts';

/** Shows everything that ever happened to a key, a deleted one, too. */
export async function showKeyHistory(cli: Cli, id: string): Promise<void> {
  await cli.withReadTables(async ({ db }) => {
    const row = await resolveKey(db, id);
    const history = await readWholeHistory(db, apiKeyStream(row.id));
    const names = await namesInHistory(db, history);
    const changes = changesOf(history);
    const document = history.map((event, i) => ({ ...auditDocument(event), changes: changes[i] }));
    await cli.output.answer({ ...keyJson(row), history: document }, () => {
      const { times } = cli.output;
      const cells = history.map((event, i) =>
        historyCells(event, changes[i] ?? [], names).with(0, { text: times.short(event.at) }),
      );
      const table = layOutTable(HISTORY_COLUMNS, cells, cli.output);
      return [keyTitle(row), '', table.header, ...cells.map((line) => table.row(line))].join('\n');
    });
  });
}
