import type { Era } from '../../src/mcp/eras.ts';
import { startEverythingServer } from '../support/everythingServer.ts';
import type { FixtureState } from '../support/fixture/state.ts';
import { startFixtureServer } from '../support/fixtureServer.ts';

interface Call {
  readonly tool: string;
  readonly args?: Record<string, unknown>;
}

/** What a server under test offers, feature by feature, in its own names. */
export interface ServerKind {
  readonly name: string;
  readonly eras: readonly Era[];
  start(): Promise<AsyncDisposable & { readonly url: string; readonly state?: FixtureState }>;
  readonly serverName: string;
  /** A tool that gives back what it is given. */
  echo(value: string): Call & { readonly text: string };
  /** A call whose result says `isError`. */
  readonly failing: Call;
  readonly progress: Call & { readonly steps: readonly { progress: number; total: number }[] };
  readonly logging: Call;
  /** Whether its log messages come when the call is over. */
  readonly logsAfterCall: boolean;
  readonly sampling: Call & { readonly prompt: string };
  readonly elicitation: Call;
  readonly roots: Call;
  /** A tool that only clients which can be asked may use. */
  readonly needsSampling: Call & { readonly listed: boolean };
  /** A call that reports progress at once and ends only much later, or never. */
  slow(id: string): Call;
  readonly resource: { readonly uri: string; readonly text: string };
  readonly template: { readonly uriTemplate: string; readonly uri: string; readonly text: string };
  readonly missingResource: string;
  readonly prompt: { readonly name: string; readonly args: Record<string, string>; readonly text: string };
  readonly completion: {
    readonly prompt: string;
    readonly argument: { name: string; value: string };
    readonly values: readonly string[];
  };
  readonly update: Call & { readonly uri: string };
  /** Calls that change a list. */
  changes(unique: string): readonly (Call & { readonly list: 'tools' | 'prompts' | 'resources' })[];
}

export const everything: ServerKind = {
  name: 'server-everything',
  eras: ['legacy'],
  start: startEverythingServer,
  serverName: 'mcp-servers/everything',
  echo: (value) => ({ tool: 'echo', args: { message: value }, text: `Echo: ${value}` }),
  failing: { tool: 'get-sum', args: { a: 'one', b: 2 } },
  progress: {
    tool: 'trigger-long-running-operation',
    args: { duration: 0.15, steps: 3 },
    steps: [1, 2, 3].map((progress) => ({ progress, total: 3 })),
  },
  logging: { tool: 'toggle-simulated-logging' },
  logsAfterCall: true,
  sampling: { tool: 'trigger-sampling-request', args: { prompt: 'Sing!', maxTokens: 10 }, prompt: 'Sing!' },
  elicitation: { tool: 'trigger-elicitation-request' },
  roots: { tool: 'get-roots-list' },
  needsSampling: { tool: 'trigger-sampling-request', args: { prompt: 'Sing!', maxTokens: 10 }, listed: false },
  slow: () => ({ tool: 'trigger-long-running-operation', args: { duration: 60, steps: 600 } }),
  resource: { uri: 'demo://resource/static/document/features.md', text: '# Everything Server' },
  template: {
    uriTemplate: 'demo://resource/dynamic/text/{resourceId}',
    uri: 'demo://resource/dynamic/text/7',
    text: 'Resource 7: This is a plaintext resource',
  },
  missingResource: 'demo://nowhere',
  prompt: { name: 'args-prompt', args: { city: 'Lima' }, text: "What's weather in Lima?" },
  completion: { prompt: 'completable-prompt', argument: { name: 'department', value: 'E' }, values: ['Engineering'] },
  update: { tool: 'toggle-subscriber-updates', uri: 'demo://resource/dynamic/text/1' },
  changes: (unique) => [
    { list: 'resources', tool: 'gzip-file-as-resource', args: { name: unique, data: 'data:text/plain,hello' } },
  ],
};

export const fixture: ServerKind = {
  name: 'the fixture server',
  eras: ['legacy', 'modern'],
  start: startFixtureServer,
  serverName: 'metamcp-fixture',
  echo: (value) => ({
    tool: 'json_schema_2020_12_tool',
    args: { email: value },
    text: JSON.stringify({ email: value }),
  }),
  failing: { tool: 'test_error_handling' },
  progress: { tool: 'test_tool_with_progress', steps: [0, 50, 100].map((progress) => ({ progress, total: 100 })) },
  logging: { tool: 'test_tool_with_logging' },
  logsAfterCall: false,
  sampling: { tool: 'test_sampling', args: { prompt: 'Sing!' }, prompt: 'Sing!' },
  elicitation: { tool: 'test_input_required_result_elicitation' },
  roots: { tool: 'test_input_required_result_list_roots' },
  needsSampling: { tool: 'test_missing_capability', listed: true },
  slow: (id) => ({ tool: 'test_wait_until_cancelled', args: { id } }),
  resource: { uri: 'test://static-text', text: 'This is the content of the static text resource.' },
  template: { uriTemplate: 'test://template/{id}/data', uri: 'test://template/42/data', text: 'Data for ID: 42' },
  missingResource: 'test://nowhere',
  prompt: {
    name: 'test_prompt_with_arguments',
    args: { arg1: 'hello', arg2: 'world' },
    text: "Prompt with arguments: arg1='hello', arg2='world'",
  },
  completion: {
    prompt: 'test_prompt_with_arguments',
    argument: { name: 'arg1', value: 'park' },
    values: ['park'],
  },
  update: { tool: 'test_trigger_resource_update', uri: 'test://watched-resource' },
  changes: () => [
    { list: 'tools', tool: 'test_trigger_tool_change' },
    { list: 'prompts', tool: 'test_trigger_prompt_change' },
    { list: 'resources', tool: 'test_trigger_resource_change' },
  ],
};

/** The fixture, which refuses what clients of the other era send. */
export const legacyFixture: ServerKind = {
  ...fixture,
  name: 'the fixture server, legacy only',
  eras: ['legacy'],
  start: () => startFixtureServer({ era: 'legacy' }),
};

export const modernFixture: ServerKind = {
  ...fixture,
  name: 'the fixture server, modern only',
  eras: ['modern'],
  start: () => startFixtureServer({ era: 'modern' }),
};
