import { describe, expect, it } from 'vitest';
import { imported, importedOne, type Imported } from './imported.ts';

const url = 'https://one.example/mcp';
const yaml = { fileName: 'config.yaml' };

/** Server, outcome, URL. */
const brief = (servers: Record<string, Imported>) =>
  Object.entries(servers).map(([name, each]) =>
    [name, each.outcome, each.url].filter((part) => part !== undefined).join(' '),
  );

describe('what stands in a file without quotes', () => {
  it('keeps its characters in YAML [configuration-written]', () => {
    const values =
      '{A: 9007199254740993, B: 1e400, C: 0x1F, D: 007, E: 1.10, F: yes, G: true, H: False, I: -0, J: .inf, K: 0o17, L: +1, M: 2024-01-01, N: 1_000, O: off, P: 1.}';
    const { one } = imported(`mcpServers:\n  one:\n    url: ${url}\n    headers: ${values}\n`, yaml);
    expect(one?.headers).toEqual({
      ...{
        A: '9007199254740993',
        B: '1e400',
        C: '0x1F',
        D: '007',
        E: '1.10',
        F: 'yes',
        G: 'true',
        H: 'False',
        I: '-0',
      },
      ...{ J: '.inf', K: '0o17', L: '+1', M: '2024-01-01', N: '1_000', O: 'off', P: '1.' },
    });
  });

  it('keeps its characters in JSON, also behind an alias of YAML and in a list [configuration-written]', () => {
    const headers = '{"A":9007199254740993,"B":1e400,"C":1.10,"D":true,"E":-0,"F":1E5,"G":12345678901234567890}';
    const expected = {
      A: '9007199254740993',
      B: '1e400',
      C: '1.10',
      D: 'true',
      E: '-0',
      F: '1E5',
      G: '12345678901234567890',
    };
    expect(imported(`{"mcpServers":{"one":{"url":"${url}","headers":${headers}}}}`)['one']?.headers).toEqual(expected);
    const list = '[{"name":"A","value":1.10},{"name":"B","value":1e400}]';
    expect(imported(`{"mcpServers":{"one":{"url":"${url}","headers":${list}}}}`)['one']?.headers).toEqual({
      A: '1.10',
      B: '1e400',
    });
    const aliased = `x: &h {A: 1.10}\nmcpServers:\n  one: {url: ${url}, headers: *h}\n`;
    expect(imported(aliased, yaml)['one']?.headers).toEqual({ A: '1.10' });
  });

  it('keeps its characters as a name [configuration-written]', () => {
    const text = `mcpServers:\n  007: {url: ${url}, headers: {1.10: x, 1.1: y}}\n  7: {url: ${url}}\n`;
    const servers = imported(text, yaml);
    expect(Object.keys(servers).toSorted()).toEqual(['007', '7']);
    expect(servers['007']?.headers).toEqual({ '1.10': 'x', '1.1': 'y' });
  });

  it('is refused in TOML, whose numbers are read without their characters, and truth values are not [configuration-written]', () => {
    const toml = (value: string) =>
      imported(`[mcp_servers.one]\nurl = "${url}"\nhttp_headers = { A = ${value} }\n[other]\nn = 9007199254740993\n`, {
        fileName: 'config.toml',
      })['one'];
    for (const value of ['1', '1.10', '0x1F', '9007199254740993', '1e400', 'inf']) {
      expect(toml(value)).toMatchObject({ outcome: 'refuse', problems: expect.stringContaining('write it in quotes') });
    }
    expect(toml('true')?.headers).toEqual({ A: 'true' });
    expect(toml('2024-01-01')?.outcome).toBe('refuse');
  });

  it('is refused in a file of our own, whose headers are texts [configuration-written]', () => {
    for (const value of ['1.10', 'true', '9007199254740993']) {
      expect(() => imported(`version: 1\nservers: {one: {url: "${url}", headers: {A: ${value}}}}`, yaml)).toThrow(
        'needs quotes',
      );
    }
  });
});

describe('null and an empty text', () => {
  it.each<object>([
    { url: null, serverUrl: url },
    { httpUrl: '', url },
    { url, command: null, args: null, env: null, cwd: '' },
    { url, command: '', type: '' },
    { url, type: null, transport: '', headers: null },
    { url, headers: '' },
    { url, headers: [] },
    { url, title: null, description: '', timeout: null, options: null },
    { url, http_headers: null, env_http_headers: null, bearer_token_env_var: '' },
    { url: null, command: 'npx', args: ['mcp-remote', url], env: null },
  ])('mean absent: %j [configuration-absent]', (settings) => {
    expect(importedOne(settings)).toMatchObject({ outcome: 'create', url, headers: {}, enabled: true });
  });

  it('beside a command make it a local server [configuration-absent]', () => {
    expect(importedOne({ url: null, type: '', command: 'npx', args: null, env: null, cwd: '' })).toMatchObject({
      outcome: 'create',
      command: ['npx'],
      env: {},
    });
    expect(importedOne({ url: '', command: null }).outcome).toBe('refuse');
  });

  it('leave a header out, and a note tells [configuration-absent]', () => {
    expect(importedOne({ url, headers: { A: null, B: '', C: 'x' } })).toMatchObject({
      headers: { C: 'x' },
      notes: 'left out, because there is no value: A, B',
    });
  });
});

it('headers that the gateway sends itself are left out, and a note tells [configuration-gateways-headers]', () => {
  const headers = {
    'Content-Type': 'application/json',
    accept: '<x>',
    'MCP-Protocol-Version': '2025-06-18',
    Connection: 'keep-alive',
    A: 'b',
  };
  for (const settings of [
    { url, headers },
    { url, http_headers: headers },
  ]) {
    expect(importedOne(settings)).toMatchObject({
      outcome: 'create',
      headers: { A: 'b' },
      notes: 'left out, because the gateway sends its own: Content-Type, accept, MCP-Protocol-Version, Connection',
    });
  }
  const args = ['mcp-remote', url, '--header', 'Content-Type: application/json', '--header', 'A: b'];
  expect(importedOne({ command: 'npx', args })).toMatchObject({
    headers: { A: 'b' },
    notes: expect.stringContaining('Content-Type'),
  });
});

it('a server that is called otherwise here is named as the file calls it, too', () => {
  expect(imported({ mcpServers: { 'My Tools': { url } } })['My Tools']?.notes).toBe(
    '“My Tools” of the file is called my-tools here',
  );
});

it('options that are not taken over are named', () => {
  const options = { timeout: 1_000, resetTimeoutOnProgress: true, toolFilter: { mode: 'allow' }, disabled: false };
  expect(importedOne({ url, options }).notes).toBe(
    'not taken over: options.resetTimeoutOnProgress, options.toolFilter',
  );
});

describe('servers are found', () => {
  it('in a list, where each has a name [configuration-lists]', () => {
    const list = [
      { name: 'a', url },
      { id: 'b', url },
      { name: '', id: 'blank', url },
      { url },
      { name: 'c', command: 'x' },
      { name: '', disabled: true, url },
    ];
    expect(brief(imported({ mcpServers: list })).toSorted()).toEqual([
      `a create ${url}`,
      `b create ${url}`,
      `blank create ${url}`,
      'c create',
      'number 4 refuse',
      'number 6 skip',
    ]);
    const outcomes = Object.values(
      imported({
        mcpServers: [
          { name: 'a', url },
          { name: 'a', url },
        ],
      }),
    );
    expect(outcomes[0]).toMatchObject({ outcome: 'refuse', problems: expect.stringContaining('rename one of them') });
    const text = `name: x\nmcpServers:\n  - name: a\n    type: streamable-http\n    url: ${url}\n    requestOptions:\n      headers:\n        A: Bearer \${{ secrets.T }}\n`;
    expect(imported(text, { ...yaml, variables: { T: 'x' } })['a']).toMatchObject({ url, headers: { A: 'Bearer x' } });
  });

  it('in files of OpenCode, Zed, Goose, Cherry Studio, Amp and Crush [configuration-clients]', () => {
    const openCode = {
      mcp: {
        a: { type: 'remote', url, headers: { A: '{env:T}' }, enabled: true },
        b: { type: 'local', command: ['npx', 'mcp-remote', url], environment: {} },
        c: { enabled: false },
      },
    };
    expect(brief(imported(openCode, { variables: { T: 'x' } }))).toEqual([`a create ${url}`, `b create ${url}`]);
    expect(
      brief(imported({ mcp: { servers: { a: { type: 'remote', url }, b: { type: 'local', command: ['x'] } } } })),
    ).toEqual([`a create ${url}`, 'b create']);
    const zed = {
      a: { source: 'custom', url },
      b: { source: 'extension', settings: {} },
      c: { command: { path: 'npx', args: ['mcp-remote', url], env: null } },
    };
    expect(brief(imported({ context_servers: zed })).toSorted()).toEqual([
      `a create ${url}`,
      'b skip',
      `c create ${url}`,
    ]);
    const goose = `extensions:\n  developer: {enabled: true, type: builtin}\n  a: {enabled: true, type: streamable_http, uri: "${url}"}\n  b: {enabled: false, config: {type: streamable_http, uri: "${url}"}}\n  c: {type: stdio, cmd: x}\n`;
    expect(brief(imported(goose, yaml))).toEqual([`a create ${url}`, `b create ${url}`, 'c create']);
    expect(imported(goose, yaml)['b']?.enabled).toBe(false);
    expect(brief(imported({ mcpServers: { x: { isActive: true, type: 'streamableHttp', baseUrl: url } } }))).toEqual([
      `x create ${url}`,
    ]);
    expect(brief(imported({ 'amp.mcpServers': { x: { url } } }))).toEqual([`x create ${url}`]);
    expect(
      brief(imported({ mcp: { x: { type: 'http', url, headers: { A: 'Bearer $T' } } } }, { variables: { T: 'x' } })),
    ).toEqual([`x create ${url}`]);
    expect(brief(imported({ mcpServers: { x: { transport: { type: 'streamable-http', url } } } }))).toEqual([
      `x create ${url}`,
    ]);
  });

  it('of Codex over Streamable HTTP, whatever their URLs end in [configuration-export-round-trip]', () => {
    const text = `[mcp_servers.a]\nurl = "https://a.example/sse"\n`;
    expect(brief(imported(text, { fileName: 'config.toml' }))).toEqual(['a create https://a.example/sse']);
    expect(importedOne({ serverUrl: 'https://a.example/sse' }).transport).toBe('sse');
    expect(importedOne({ serverUrl: 'https://a.example/sse', type: 'http' }).transport).toBe('http');
  });

  it('but not what YAML 1.2 does not merge', () => {
    const text = `x: &x {disabled: true}\nmcpServers:\n  a:\n    <<: *x\n    url: ${url}\n`;
    expect(imported(text, yaml)['a']).toMatchObject({
      outcome: 'refuse',
      problems: expect.stringContaining('merge key'),
    });
  });

  it('but not a type without what goes with it', () => {
    expect(importedOne({ type: 'http', command: 'npx' })).toMatchObject({
      outcome: 'refuse',
      problems: expect.stringContaining('goes with a url'),
    });
    expect(importedOne({ type: 'http' })).toMatchObject({
      outcome: 'refuse',
      problems: expect.stringContaining('neither a url'),
    });
  });
});
