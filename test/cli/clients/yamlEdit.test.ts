import { fc, test } from '@fast-check/vitest';
import { parse, stringify } from 'yaml';
import { describe, expect, it } from 'vitest';
import { CLIENTS } from '../../../cli/clients/client.ts';
import { configurationText } from '../../../cli/clients/configurationText.ts';
import { editFile } from '../../../cli/clients/editFile.ts';
import { removeYaml, setYaml } from '../../../cli/clients/yamlEdit.ts';

const { goose } = CLIENTS;
const BASE = 'http://127.0.0.1:12009';
const ENTRIES = { metamcp: goose.entry(`${BASE}/mcp`, 'metamcp') };
const put = (text: string, replace = false) => editFile(goose, text, ENTRIES, { replace, allOf: BASE });

const OURS = `  metamcp:
    type: streamable_http
    name: metamcp
    enabled: true
    uri: ${BASE}/mcp
    env_keys:
      - METAMCP_KEY
    headers:
      Authorization: Bearer \${METAMCP_KEY}
    timeout: 300
`;

/** As people have it: comments in all places, quotes of both kinds, texts of several lines that look like members. */
const OWN = `# Model
GOOSE_PROVIDER: "anthropic"   # the good one
extensions: # what it can do
  # built in
  developer:
    enabled: true
    type: builtin

  memory: {bundled: true, type: 'builtin'} # for later
notes: |
  extensions:
    metamcp: not this one

# the end
`;

describe('a YAML file of a client', () => {
  it('gets the entry, and every line of it stays [cli-connect] [cli-connect-undamaged]', () => {
    const edited = put(OWN);
    expect(edited).toBe(OWN.replace('# what it can do\n', `# what it can do\n${OURS}`));
    expect(put(edited)).toBe(edited);
  });

  it('keeps Windows line ends and its byte order mark [cli-connect-undamaged]', () => {
    const own = `\ufeff${OWN.replaceAll('\n', '\r\n')}`;
    const edited = put(own);
    expect(edited.replaceAll('\r\n', '\n')).toBe(`\ufeff${put(OWN)}`);
    expect(edited.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  });

  it.each([
    ['', `extensions:\n${OURS}`],
    ['# nothing yet\n', `# nothing yet\nextensions:\n${OURS}`],
    ['{}\n', `\nextensions:\n${OURS}`],
    ['a: 1', `a: 1\nextensions:\n${OURS}`],
    ['extensions:', `extensions:\n${OURS}`],
    ['extensions: {} # none\nb: 1\n', `extensions:  # none\n${OURS}b: 1\n`],
  ])('is made from %j [cli-connect]', (own, expected) => {
    expect(put(own)).toBe(expected);
  });

  it('keeps what the user has added to the entry, and gets what it lacks [cli-connect]', () => {
    const own = `extensions:
  metamcp: # the gateway
    type: streamable_http
    name: metamcp
    # off for now
    enabled: false
    uri: http://old.example/mcp
    env_keys:
    - OTHER # of the team
    headers:
      X-Team: blue
    timeout: 10
    available_tools: []
`;
    expect(put(own)).toBe(
      own
        .replace('http://old.example/mcp', `${BASE}/mcp`)
        .replace('# of the team\n', '# of the team\n    - METAMCP_KEY\n')
        .replace('headers:\n', 'headers:\n      Authorization: Bearer ${METAMCP_KEY}\n'),
    );
  });

  it('asks for no variable that no header takes [cli-connect]', () => {
    const own = `extensions:
  metamcp:
    type: streamable_http
    name: metamcp
    enabled: true
    uri: ${BASE}/mcp
    env_keys: []
    headers:
      Authorization: Bearer mine
    timeout: 300
`;
    expect(put(own)).toBe(own);
  });

  it('gets the one entry in the place of those for single servers [cli-connect-one]', () => {
    const one = (name: string) => OURS.replaceAll('metamcp', name).replace('/mcp\n', `/mcp/${name}\n`);
    const rest = `  # mine\n  other:\n    type: builtin\n`;
    const own = `extensions:\n${one('github')}    available_tools: [x]\n${rest}${one('jira')}`;
    expect(put(own)).toBe(`extensions:\n${OURS}    available_tools:\n      - x\n${rest}`);
  });

  it('with another server of the same name is left alone, unless it may be replaced [cli-connect]', () => {
    const own =
      'extensions:\n  metamcp:\n    # mine\n    type: stdio\n    cmd: npx\n    args:\n    - x\n  b:\n    type: builtin\n';
    expect(() => put(own)).toThrow(expect.objectContaining({ code: 'client-entry-differs' }));
    expect(parse(put(own, true))).toEqual({ extensions: { ...ENTRIES, b: { type: 'builtin' } } });
  });

  it.each([
    ['a: [\n', 'client-file-unreadable'],
    ['a: 1\n---\nb: 2\n', 'client-file-unreadable'],
    ['- a\n', 'client-file-unexpected'],
    ['text\n', 'client-file-unexpected'],
    ['extensions: x\n', 'client-file-unexpected'],
    ['extensions: [a]\n', 'client-file-unexpected'],
    ['extensions: {a: {type: builtin}}\n', 'client-file-unexpected'],
    ['extensions: &e {}\nb: *e\n', 'client-file-unexpected'],
    ['a: &a\n  b: 1\nextensions: *a\n', 'client-file-unexpected'],
    ['a: 1\n...\n', 'client-file-unexpected'],
    ['{a: 1}\n', 'client-file-unexpected'],
    ['extensions:\n  metamcp: x\n', 'client-file-unexpected'],
  ])('that is not as expected is refused: %j [cli-connect-undamaged]', (own, code) => {
    expect(() => put(own)).toThrow(expect.objectContaining({ code }));
  });
});

it('a value stays on its line, however long it is [cli-snippet-whole]', () => {
  const long = 'one two three four five '.repeat(20).trim();
  const entry = { headers: { 'X-About': long } };
  expect(setYaml('', ['extensions', 'a'], entry)).toContain(`X-About: ${long}\n`);
  expect(configurationText(goose, { a: entry })).toContain(`X-About: ${long}`);
});

describe('editing YAML', () => {
  const name = fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' });
  const values = fc.dictionary(name, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 });

  test.prop([
    values,
    fc.dictionary(name, fc.oneof(values, fc.string()), { maxKeys: 4 }),
    fc.dictionary(fc.constantFrom('type', 'uri', 'x y', 'n'), fc.oneof(fc.string(), fc.boolean(), fc.integer()), {
      minKeys: 1,
    }),
    fc.constantFrom(2, 4),
    fc.constantFrom('\n', '\r\n'),
  ])(
    'sets the member and nothing else, and no line of the file is lost, or refuses [cli-connect-undamaged]',
    (others, servers, entry, indent, eol) => {
      const before = { ...others, extensions: servers };
      const text = stringify(before, { indent }).replaceAll('\n', eol);
      const isNew = !('added' in servers);
      let edited: string;
      try {
        edited = setYaml(text, ['extensions', 'added'], entry);
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/^client-file-un/) });
        return;
      }
      expect(parse(edited)).toEqual(parse(stringify({ ...before, extensions: { ...servers, added: entry } })));
      if (isNew && Object.keys(servers).length > 0) {
        const rest = edited.split('\n');
        for (const line of text.split('\n')) expect(rest.splice(0, rest.indexOf(line) + 1)).toContain(line);
        expect(removeYaml(edited, ['extensions', 'added'])).toBe(text);
      }
      expect(setYaml(edited, ['extensions', 'added'], entry)).toBe(edited);
    },
  );
});
