import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listPrompts, listResourceTemplates, listResources, listTools } from '../../src/upstream/catalogue.ts';
import { callTool } from '../../src/upstream/callTool.ts';
import { ping } from '../../src/upstream/ping.ts';
import { request } from '../../src/upstream/request.ts';
import { startEverythingServer, type EverythingServer } from '../support/everythingServer.ts';
import { startFixtureServer, type FixtureServer } from '../support/fixtureServer.ts';
import { startRecorder } from '../support/recorder.ts';
import { connect, failure } from './support/connect.ts';
import type { Progress } from '../../src/upstream/progress.ts';

describe('server-everything', () => {
  let everything: EverythingServer;
  beforeAll(async () => {
    everything = await startEverythingServer();
  });
  afterAll(() => everything[Symbol.asyncDispose]());

  it('is found to be of the legacy era and lists what it offers a bare client', async () => {
    await using client = await connect(everything.url);
    expect(client.facts).toMatchObject({
      era: 'legacy',
      protocolVersion: '2025-11-25',
      serverInfo: { version: '2.0.0' },
    });
    const tools = (await listTools(client)).items;
    expect(tools).toHaveLength(13);
    expect(tools.find(({ name }) => name === 'echo')).toMatchObject({
      annotations: {},
      inputSchema: { type: 'object' },
    });
    expect((await listResources(client)).items.length).toBeGreaterThan(0);
    expect((await listResourceTemplates(client)).items).toHaveLength(2);
    expect((await listPrompts(client)).items).toHaveLength(4);
    expect(await request(client, { method: 'resources/templates/list' })).toHaveProperty('resourceTemplates');
    await ping(client);
  });

  it('runs tools and reports progress in order', async () => {
    await using client = await connect(everything.url);
    expect(await callTool(client, { name: 'echo', args: { message: 'hi' } })).toEqual({
      content: [{ type: 'text', text: 'Echo: hi' }],
    });
    const steps: Progress[] = [];
    const onProgress = (step: Progress) => steps.push(step);
    await callTool(
      client,
      { name: 'trigger-long-running-operation', args: { duration: 0.3, steps: 3 } },
      { onProgress },
    );
    expect(steps.map(({ progress, total }) => `${progress}/${total}`)).toEqual(['1/3', '2/3', '3/3']);
  });

  it('gets a new session when it has forgotten the old one and says so with 400', async () => {
    await using recorder = await startRecorder(everything.url);
    await using client = await connect(recorder.url, { era: 'legacy' });
    const session = recorder.requests.at(-1)?.headers['mcp-session-id'];
    // Behind the client's back.
    await fetch(everything.url, { method: 'DELETE', headers: { 'mcp-session-id': String(session) } });
    expect((await listTools(client)).items).toHaveLength(13);
    expect(recorder.requests.map(({ message }) => message?.method)).toEqual([
      'initialize',
      'notifications/initialized',
      'tools/list',
      'initialize',
      'notifications/initialized',
      'tools/list',
    ]);
  });

  it('has its session ended by closing the client', async () => {
    await using recorder = await startRecorder(everything.url);
    await (await connect(recorder.url, { era: 'legacy' }))[Symbol.asyncDispose]();
    const last = recorder.requests.at(-1);
    expect(last?.httpMethod).toBe('DELETE');
    const headers = { 'mcp-session-id': String(last?.headers['mcp-session-id']), accept: 'text/event-stream' };
    expect((await fetch(everything.url, { headers })).status).toBe(400);
  });
});

describe.each(['modern', 'legacy'] as const)('a %s server built on the SDK', (era) => {
  let fixture: FixtureServer;
  beforeAll(async () => {
    fixture = await startFixtureServer();
  });
  afterAll(() => fixture[Symbol.asyncDispose]());

  it('introduces itself, lists and reads', async () => {
    await using client = await connect(fixture.url, { era });
    expect(client.facts).toMatchObject({
      era,
      protocolVersion: era === 'modern' ? '2026-07-28' : '2025-11-25',
      serverInfo: { name: 'metamcp-fixture' },
    });
    const names = (await listTools(client)).items.map(({ name }) => name);
    expect(names).toContain('test_x_mcp_header');
    expect((await listPrompts(client)).items.map(({ name }) => name)).toContain('test_simple_prompt');
    expect((await listResourceTemplates(client)).items[0]).toHaveProperty('uriTemplate');
    expect(await request(client, { method: 'resources/read', params: { uri: 'test://static-text' } })).toMatchObject({
      contents: [{ uri: 'test://static-text' }],
    });
    await ping(client);
  });

  it('runs tools, with progress, failing ones and ones whose argument is mirrored', async () => {
    await using client = await connect(fixture.url, { era });
    const steps: number[] = [];
    await callTool(
      client,
      { name: 'test_tool_with_progress', args: {} },
      { onProgress: ({ progress }) => steps.push(progress) },
    );
    expect(steps).toEqual([0, 50, 100]);
    expect(await callTool(client, { name: 'test_error_handling', args: {} })).toMatchObject({ isError: true });
    expect(await callTool(client, { name: 'test_x_mcp_header', args: { region: ' Zürich ' } })).toMatchObject({
      content: [{ text: 'region= Zürich ' }],
    });
  });

  it('is told when a call is cancelled', async () => {
    await using client = await connect(fixture.url, { era });
    const caller = new AbortController();
    const reason = new Error('never mind');
    const call = callTool(
      client,
      { name: 'test_wait_until_cancelled', args: { id: era } },
      { signal: caller.signal, onProgress: () => caller.abort(reason) },
    );
    expect(await failure(call)).toBe(reason);
    await expect.poll(() => [...fixture.state.cancelled]).toContain(era);
  });

  it('answers with errors of its own, which reach the caller whole', async () => {
    await using client = await connect(fixture.url, { era });
    expect(
      await failure(request(client, { method: 'resources/read', params: { uri: 'test://nowhere' } })),
    ).toMatchObject({
      kind: 'refused',
      code: 'upstream-rpc-error',
      rpc: { code: -32602, data: { uri: 'test://nowhere' } },
    });
  });
});

describe('what only one era has', () => {
  it('continues a call whose stream a legacy server closed', async () => {
    await using fixture = await startFixtureServer();
    await using recorder = await startRecorder(fixture.url);
    await using client = await connect(recorder.url, { era: 'legacy' });
    expect(await callTool(client, { name: 'test_reconnection', args: {} })).toMatchObject({
      content: [{ type: 'text' }],
    });
    const resumption = recorder.requests.find(({ httpMethod }) => httpMethod === 'GET');
    expect(resumption?.headers['last-event-id']).toBeTruthy();
  });

  it('tells a legacy server that asks for input that there is nobody to ask', async () => {
    await using fixture = await startFixtureServer();
    await using client = await connect(fixture.url, { era: 'legacy' });
    expect(await callTool(client, { name: 'test_elicitation', args: { message: 'Who?' } })).toMatchObject({
      isError: true,
    });
  });

  it('refuses what a modern server can’t finish without input or capabilities', async () => {
    await using fixture = await startFixtureServer();
    await using client = await connect(fixture.url);
    expect(await failure(callTool(client, { name: 'test_missing_capability', args: {} }))).toMatchObject({
      rpc: { code: -32021 },
    });
  });
});
