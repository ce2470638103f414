import { describe, expect, it } from 'vitest';
import type { CurrentServer } from '../../src/configuration/currentState.ts';
import { exportFormats, exportServers, type ExportFormat } from '../../src/configuration/exportFile.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../src/events/mcpServer.ts';
import { planOf, serversOf, valuesOf } from './imported.ts';

const server = (name: string, url: string, headers: Readonly<Record<string, string>> = {}): CurrentServer => ({
  name,
  input: {
    settings: { transport: 'http', url, isolation: 'session', limits: DEFAULT_LIMITS, timeouts: DEFAULT_TIMEOUTS },
    secrets: { headers, env: {} },
  },
  enabled: true,
  revision: 1,
});

/** Exports servers, sets the variables to the secrets, and imports them into another gateway. */
function roundTrip(servers: readonly CurrentServer[], format: ExportFormat) {
  const { text, variables, lost } = exportServers(servers, format);
  const values = variables.map(({ name, server: owner, field }) => [
    name,
    servers.find((each) => each.name === owner)?.input.secrets.headers[field.replace('headers.', '')] ?? '',
  ]);
  const fileName = format === 'codex' ? 'config.toml' : format === 'metamcp' ? 'metamcp.yaml' : 'mcp.json';
  const entries = planOf(text, fileName, valuesOf(Object.fromEntries(values) as Record<string, string>));
  return { imported: serversOf(entries), lost, variables: variables.map(({ name }) => name), text };
}

describe.each([...exportFormats])('a file of %s', (format) => {
  it('gives back a server of Streamable HTTP whose URL ends in /sse [configuration-export-round-trip]', () => {
    const servers = [
      server('a', 'https://a.example/sse'),
      server('b', 'https://b.example/sse/'),
      server('c', 'https://c.example/mcp/sse?x=1'),
    ];
    const { imported, lost } = roundTrip(servers, format);
    expect({ imported, lost }).toEqual({ imported: servers, lost: [] });
  });

  it('says what a client would take for a reference or a placeholder, or gives it back [configuration-export-round-trip]', () => {
    for (const part of ['${b}', '{tenant}', '{env:X}', '%X%', '$X', '<id>', 'YOUR_PROJECT', '{{x}}', '$x']) {
      const odd = server('odd', `https://odd.example/${part}/mcp`);
      const { imported, lost } = roundTrip([odd], format);
      if (format === 'metamcp') expect({ imported, lost }).toEqual({ imported: [odd], lost: [] });
      else if (lost.length > 0) expect(lost.join()).toContain('odd: its address has');
      else expect(imported).toEqual([odd]);
    }
  });

  it('does not call a variable as one of MetaMCP itself, which would be refused [configuration-export-round-trip]', () => {
    const servers = [
      server('jwt', 'https://j.example', { Secret: 'hush-1' }),
      server('metamcp', 'https://m.example', { Key: 'hush-2' }),
      server('database', 'https://d.example', { URL: 'hush-3' }),
    ];
    const { imported, variables, text } = roundTrip(servers, format);
    expect(variables).toEqual(['JWT_SECRET_2', 'METAMCP_KEY_2', 'DATABASE_URL_2']);
    expect(imported).toEqual(servers);
    expect(text).not.toContain('hush');
  });

  it('gives back a header without a value, or says that it does not [configuration-export-round-trip]', () => {
    const empty = server('empty', 'https://e.example', { 'X-Empty': '', 'X-Full': 'hush' });
    const { imported, lost, variables } = roundTrip([empty], format);
    expect(variables).toEqual(['EMPTY_X_FULL']);
    if (format === 'metamcp') expect({ imported, lost }).toEqual({ imported: [empty], lost: [] });
    else expect(lost.join()).toContain('a header without a value is left out when it is imported: X-Empty');
  });

  it('turns off what is off here, or says that its client connects to it [configuration-export-round-trip]', () => {
    const servers = [
      server('on', 'https://on.example/mcp'),
      { ...server('off', 'https://off.example/mcp'), enabled: false },
    ];
    const { imported, lost, text } = roundTrip(servers, format);
    expect(imported).toEqual(servers);
    const client = { claude: 'Claude Code', cursor: 'Cursor', vscode: 'VS Code' }[format as string];
    expect(lost).toEqual(client === undefined ? [] : [expect.stringMatching(`^off: it is off here, but ${client} `)]);
    if (format === 'gemini') expect(JSON.parse(text)).toMatchObject({ mcp: { excluded: ['off'] } });
  });
});
