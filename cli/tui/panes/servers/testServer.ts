import { AppError } from '../../../../src/errors/appError.ts';
import { escape } from '../../../../src/escape.ts';
import { describeError, formatError, printedLines } from '../../../output/errorReport.ts';
import type { Patience } from '../../../upstream/patientVisit.ts';
import { probeServer, softwareOf } from '../../../upstream/serverProbe.ts';
import type { JobKind, JobOptions, Outcome, Tools } from '../../frame/model.ts';
import { slotOf, withSlot } from '../../frame/state.ts';
import type { ServerDraft } from '../../screens/change/serverDraft.ts';
import { leftOutText } from '../../screens/tool/leftOutText.ts';
import { draftToVisit, serverToVisit } from '../../screens/tool/serverToVisit.ts';
import { describeFindings, toolCount, type Findings } from './findings.ts';
import { SERVERS } from './state.ts';

export interface ServerTest {
  /** Undefined: the draft is of a new one. */
  readonly server: string | undefined;
  readonly draft?: ServerDraft;
}

/** How a test is ended, and what gets the lines that a program prints. */
type TestOptions = Pick<JobOptions, 'signal'> & Pick<Patience, 'onLine'>;

/** Tests a server. That it fails is a finding, too. */
export const TEST: JobKind<ServerTest, Findings> = {
  run(tools, test, { signal, onProgress }) {
    const what = `Testing ${test.server ?? 'the server'}`;
    return findOut(tools, test, { signal, onLine: (line) => onProgress(`${what}: ${escape(line)}`) });
  },
  take(state, { server, draft }, outcome) {
    const found = outcome.ok ? outcome.result : undefined;
    // The findings of a draft are not those of what is stored.
    if (server === undefined || draft !== undefined || found === undefined) return state;
    const { findings } = slotOf(state, SERVERS);
    return withSlot(state, SERVERS, { findings: new Map([...findings, [server, found]]) });
  },
};

/** Tests a server. Never rejects. */
export async function findOut(
  tools: Pick<Tools, 'stores'>,
  test: ServerTest,
  options: TestOptions,
): Promise<Outcome<Findings>> {
  try {
    return await probe(tools, test, options);
  } catch (error) {
    const text = error instanceof AppError ? error.message : formatError(describeError(error));
    const message = escape(text);
    const printed = printedLines(error instanceof AppError ? error.data : {});
    // Many of these sentences name the server themselves.
    const isNamed = message.includes(test.server ?? 'The server');
    const sentence = isNamed ? message : `${test.server ?? 'The server'}: ${message}`;
    return outcomeOf(sentence, { ok: false, atMs: Date.now(), message, printed });
  }
}

async function probe(
  { stores }: Pick<Tools, 'stores'>,
  { server: name, draft }: ServerTest,
  { signal, onLine }: TestOptions,
): Promise<Outcome<Findings>> {
  const server =
    draft !== undefined ? await draftToVisit(stores, name, draft) : await serverToVisit(stores, name ?? '');
  const { era, protocolVersion, tools, connectMs, latencyMs, ...facts } = await probeServer(server, { signal, onLine });
  const software = softwareOf(facts);
  const leftOut = leftOutText([facts.leftOut]);
  const message = `${server.name} answers: ${toolCount(tools)}, latency ${latencyMs} ms.${leftOut === '' ? '' : ` Left out: ${leftOut}.`}`;
  const atMs = Date.now();
  return outcomeOf(message, {
    ok: true,
    atMs,
    era,
    protocolVersion,
    software,
    tools,
    leftOut,
    connectMs,
    latencyMs,
  });
}

function outcomeOf(message: string, found: Findings): Outcome<Findings> {
  // That a server fails is found out, and no fault of the test; yet it is no good news.
  const warning = found.ok ? {} : { warning: message };
  return { ok: true, message, ...warning, note: describeFindings(found), result: found };
}
