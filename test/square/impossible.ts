import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { TASKS_EXTENSION } from '../../src/mcp/taskNames.ts';
import { eraOf, eraOfServer, type Side } from './dimensions.ts';
import type { FeatureName } from './features.ts';
import { callTool, textOf, type Feature } from './trial.ts';

/** Why a feature can't be had, by which paragraph, and what the client gets. */
export interface Impossible {
  readonly because: string;
  readonly paragraph: string;
  readonly instead: string;
  readonly check: Feature;
}

/** The method, or the task. */
const UNKNOWN = [-32_601, -32_602];

/** A tool that needs what the client has not declared. */
function refuses(tool: string): Feature {
  return async (trial) => {
    const { result, error } = await callTool(trial, tool, tool === 'test_elicitation' ? { message: 'Who?' } : {});
    if (error === undefined) expect(result).toMatchObject({ isError: true });
    expect(JSON.stringify(error ?? result)).toMatch(/elicit/i);
  };
}

const NO_ELICITATION = {
  because: 'The client’s revision has no elicitation',
  paragraph: 'MCP 2025-06-18, changelog, Major changes, 6',
  instead: 'The client gets an error that names what it lacks.',
};

const NO_URL_ELICITATION: Impossible = {
  because: 'The client’s revision has no elicitation by URL',
  paragraph: 'MCP 2025-11-25, changelog, Major changes, 6',
  instead: 'The client gets an error that names what it lacks.',
  check: refuses('test_url_elicitation'),
};

const NO_RESUMPTION: Impossible = {
  because: 'Streams of the client’s revision have no ids, and can’t be resumed',
  paragraph: 'MCP 2026-07-28, changelog, Major changes, 9',
  instead: 'Events have no ids, and a stream that breaks off cancels its request.',
  async check(trial) {
    expect(textOf(await callTool(trial, 'test_tool_with_progress', {}, { meta: { progressToken: 1 } }))).toBeDefined();
    expect(trial.client.eventIds).toEqual([]);
  },
};

const NO_SECOND_EXCHANGE: Impossible = {
  because: 'One exchange is the session: there is no second connection to resume on',
  paragraph: 'docs/proxy.md, Lines',
  instead: 'What is under way is cancelled when the exchange breaks off.',
  async check(trial) {
    const id = randomUUID();
    const other = await trial.another();
    const params = { name: trial.named('test_wait_until_cancelled'), arguments: { id } };
    // It is never answered.
    void other.once('tools/call', params, { meta: { progressToken: id } });
    const isProgress = ({ method }: { readonly method?: unknown }): boolean => method === 'notifications/progress';
    await other.until((all) => all, isProgress);
    other.lose();
    await expect.poll(async () => textOf(await callTool(trial, 'test_was_cancelled', { id }))).toBe('true');
  },
};

const NO_BATCHES = {
  instead: 'The batch gets one error; a legacy server over HTTP, at `/mcp/<server>`, may answer it all the same.',
  async check({ client, named }) {
    const params = { name: named('test_simple_text'), arguments: {} };
    for (const { error, result } of await client.batch([{ method: 'tools/call', params }])) {
      if (error === undefined) expect(JSON.stringify(result)).toContain('simple text');
      else expect(error.code).toBe(-32_600);
    }
  },
} satisfies Partial<Impossible>;

const UNKNOWN_TASK = { taskId: 'none' };

const NO_TASKS_YET: Impossible = {
  because: 'The client’s revision has no tasks',
  paragraph: 'MCP 2025-11-25, changelog, Major changes, 9',
  instead: 'A call has its result when it is there.',
  async check(trial) {
    expect(textOf(await callTool(trial, 'slow_compute', { seconds: 0.01, label: 'it' }))).toBe('Computed it');
    expect((await trial.client.request('tasks/get', UNKNOWN_TASK)).error).toBeDefined();
  },
};

const OTHER_TASKS: Impossible = {
  because: 'The tasks of 2025-11-25 and those of the extension are two things, by two ways of asking for them',
  paragraph: 'SEP-2663, Backward Compatibility',
  instead:
    'Tasks are not declared to the client. A call has its result when it is there, and no task is known (-32601 or -32602).',
  async check(trial) {
    const { client, named } = trial;
    expect(client.facts).not.toHaveProperty('capabilities.tasks');
    expect(client.facts).not.toHaveProperty(['capabilities', 'extensions', TASKS_EXTENSION]);
    const params = { name: named('slow_compute'), arguments: { seconds: 0.01, label: 'it' } };
    const called = await client.request('tools/call', { ...params, ...(client.era === 'legacy' && { task: {} }) });
    expect(textOf(called)).toBe('Computed it');
    for (const method of ['tasks/get', 'tasks/cancel', client.era === 'legacy' ? 'tasks/result' : 'tasks/update']) {
      expect(UNKNOWN).toContain((await client.request(method, UNKNOWN_TASK)).error?.code);
    }
  },
};

type Rule = (side: Side) => Impossible | undefined;

/** Of the features that can't be had in every cell. */
const RULES: Partial<Record<FeatureName, Rule>> = {
  'elicitation by form': ({ revision }) =>
    revision < '2025-06-18' ? { ...NO_ELICITATION, check: refuses('test_elicitation') } : undefined,
  'several inputs': ({ revision }) =>
    revision < '2025-06-18'
      ? { ...NO_ELICITATION, check: refuses('test_input_required_result_multiple_inputs') }
      : undefined,
  'elicitation by URL': ({ revision }) => (revision < '2025-11-25' ? NO_URL_ELICITATION : undefined),
  resumption({ revision, endpoint }) {
    if (eraOf(revision) === 'legacy') return endpoint === 'NDJSON' ? NO_SECOND_EXCHANGE : undefined;
    return endpoint === 'NDJSON' ? { ...NO_RESUMPTION, check: NO_SECOND_EXCHANGE.check } : NO_RESUMPTION;
  },
  batches({ revision }) {
    if (revision === '2025-03-26') return undefined;
    const isOlder = revision < '2025-03-26';
    return {
      ...NO_BATCHES,
      because: `The client’s revision has no batches ${isOlder ? 'yet' : 'any more'}`,
      paragraph: isOlder
        ? 'MCP 2025-03-26, changelog, Major changes, 3'
        : 'MCP 2025-06-18, changelog, Major changes, 1',
    };
  },
  tasks({ revision, server }) {
    if (revision < '2025-11-25') return NO_TASKS_YET;
    return eraOf(revision) === eraOfServer(server) ? undefined : OTHER_TASKS;
  },
};

/** Tells why a feature can't be had in a cell of the square; undefined: it works. */
export function impossible(feature: FeatureName, side: Side): Impossible | undefined {
  return RULES[feature]?.(side);
}
