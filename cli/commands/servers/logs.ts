import { feedEventSchema } from '../../../src/feed/feedEvent.ts';
import { serverLogSchema } from '../../../src/api/serverProcesses.ts';
import type { Cli } from '../../cli.ts';
import { callGateway, type GatewayAccess } from '../../gateway/callGateway.ts';
import { interruptible } from '../../input/interruption.ts';
import { escape } from '../../../src/escape.ts';
import type { Column } from '../../output/table.ts';
import { requireServer } from '../../../src/administration/requireServer.ts';

export interface LogsOptions {
  /** (Default: 100) */
  readonly lines?: number;
  readonly follow?: boolean;
}

interface LogLine {
  readonly number: number;
  readonly at: string;
  readonly text: string;
}

const COLUMNS: readonly Column[] = [
  { title: 'TIME', drop: 1 },
  { title: 'TEXT', min: 20 },
];

/** Shows what the programs of a server have printed, the newest last, and with `--follow` what is to come. */
export async function showServerLog(cli: Cli, name: string, options: LogsOptions): Promise<void> {
  const { lines = 100, follow = false } = options;
  await cli.withStores(async ({ stores, settings }) => {
    await requireServer(stores.db, name);
    await interruptible(async (signal) => {
      await cli.output.answerList({
        pages: logPages({ stores, settings, signal }, name, lines, follow),
        toJson: (line) => line,
        columns: COLUMNS,
        toCells: ({ at, text }) => [{ text: at }, { text: escape(text) }],
        empty: `The server ${name} has printed nothing in this gateway.`,
      });
    });
  });
}

async function* logPages(
  access: GatewayAccess,
  name: string,
  lines: number,
  follow: boolean,
): AsyncGenerator<LogLine[], void> {
  // Opened first, so that no line falls between both.
  const feed = follow
    ? await callGateway(access, 'GET', `/api/v1/events?types=mcp_server_log&server=${name}`)
    : undefined;
  const answer = await callGateway(
    access,
    'GET',
    `/api/v1/mcp/servers/${name}/logs?lines=${String(Math.min(lines, 500))}`,
  );
  const { items } = serverLogSchema.parse(await answer.json());
  yield items;
  let last = items.at(-1)?.number ?? 0;
  if (feed?.body === undefined || feed.body === null) return;
  try {
    for await (const line of linesOf(feed.body)) {
      const { data: event } = feedEventSchema.safeParse(JSON.parse(line));
      if (event?.type !== 'mcp_server_log' || event.data.number <= last) continue;
      last = event.data.number;
      yield [{ number: last, at: event.at, text: event.data.text }];
    }
  } catch (error) {
    if (access.signal?.aborted !== true) throw error;
  }
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  let rest = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter((line) => line !== '');
  }
}
