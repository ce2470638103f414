import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { MAX_FILE_BYTES, parseConfigurationText } from '../../src/configuration/configurationText.ts';
import { readClientFile } from '../../src/configuration/clientFile.ts';
import { AppError, Invalid } from '../../src/errors/appError.ts';

const parse = (text: string, name?: string) => parseConfigurationText(Buffer.from(text), name);

describe('a configuration file', () => {
  it.each([
    ['{"a": 1}', 'json'],
    ['// first\n/* then */ {"a": 1,}', 'json'],
    ['a: 1', 'yaml'],
    ['# comment\na: 1', 'yaml'],
    ['a = 1', 'toml'],
    ['# comment\n\n[mcp_servers.x]\nurl = "y"', 'toml'],
    ['[[list]]\na = 1', 'toml'],
  ])('%j is told by how it begins', (text, syntax) => {
    expect(parse(text).syntax).toBe(syntax);
  });

  it('is what its name says, however it begins', () => {
    expect(parse('{"a": 1}', 'A.YAML').syntax).toBe('yaml');
    expect(parse('a = 1', 'config.toml').syntax).toBe('toml');
  });

  it('keeps what looks like a comment in a string, and what is escaped', () => {
    const text =
      '{"a": "http://x // y", "b": "\\"/* z */", "c": "\\u00e9\\ud83d\\ude00\\/", /* "d": 1, */ "e": [1, 2,],}';
    expect(parse(text).value).toEqual({ a: 'http://x // y', b: '"/* z */', c: 'é😀/', e: [1, 2] });
  });

  it.each<[string, string, string]>([
    ['', '', 'file-empty'],
    [' \n\t', '', 'file-empty'],
    ['{"a": hush}', '', 'file-syntax'],
    ['{"a": "hush', '', 'file-syntax'],
    ['{"a": 1} hush', '', 'file-syntax'],
    ['{"a": 1, "a": 2}', '', 'file-syntax'],
    ['a: !hush x', '', 'file-syntax'],
    ['a: *hush', '', 'file-syntax'],
    ['a: [hush', '', 'file-syntax'],
    ['a: 1\n---\nb: 2', '', 'file-syntax'],
    ['a:\n  b: 1\n  c:\n    d: 1\n    d: hush', '', 'file-syntax'],
    ['a = "hush', 'x.toml', 'file-syntax'],
    ['[a]\n[a]', 'x.toml', 'file-syntax'],
    ['\u0000hush', 'x.json', 'file-syntax'],
  ])(
    '%j is refused without repeating it [configuration-files-hostile] [configuration-no-secrets]',
    (text, name, code) => {
      const error = failure(() => parse(text, name));
      expect(error.code).toBe(code);
      expect(error.message + JSON.stringify(error.data)).not.toContain('hush');
    },
  );

  it('is told the place of its fault', () => {
    expect(failure(() => parse('{\n  "a": 1,\n  // b\n  "c" 2\n}')).data).toMatchObject({ line: 4 });
    expect(failure(() => parse('[a]\nb = c', 'x.toml')).data).toMatchObject({ line: 2 });
    const text = parse('{\n // x\n "a": {\n  "b": [1,\n   {"c": 2}] } }');
    expect(text.placeOf(['a', 'b', 1, 'c'])).toEqual({ line: 5, column: 5 });
    expect(text.placeOf(['a', 'nothing'])).toEqual({ line: 3, column: 2 });
    expect(text.placeOf([])).toEqual({ line: 1, column: 1 });
  });

  it('is bounded: size, depth, aliases, bytes that are no text [configuration-files-hostile]', () => {
    expect(failure(() => parse(' '.repeat(MAX_FILE_BYTES + 1))).code).toBe('file-too-large');
    expect(failure(() => parse('['.repeat(20_000))).code).toBe('file-syntax');
    expect(failure(() => parseConfigurationText(Buffer.from([0x61, 0xff, 0xc3]))).code).toBe('file-not-text');
    let bomb = 'a0: &a0 [x,x,x,x,x,x,x,x,x]\n';
    for (let at = 1; at < 12; at += 1)
      bomb += `a${at}: &a${at} [${Array(9)
        .fill(`*a${at - 1}`)
        .join(',')}]\n`;
    expect(failure(() => parse(bomb)).message).toContain('multiply');
    expect(failure(() => parse('a: &a [*a]')).code).toBe('file-syntax');
  });

  it('of 1 MiB with thirty thousand servers is read in seconds, not minutes [configuration-files-hostile]', () => {
    const servers = Object.fromEntries(
      Array.from({ length: 30_000 }, (_, at) => [`s${at}`, { url: `http://h.example/${at}` }]),
    );
    const text = JSON.stringify({ mcpServers: servers });
    expect(text.length).toBeGreaterThan(1_048_576);
    const began = performance.now();
    expect(readClientFile(parse(text)).servers).toHaveLength(30_000);
    // The library’s own search for duplicates takes half a minute.
    expect(performance.now() - began).toBeLessThan(25_000);
  });

  it.each([
    ['[', 'x.yaml'],
    ['{"a":', 'x.json'],
    ['- ', 'x.yaml'],
    ['""', 'x.json'],
    [']', 'x.yaml'],
    ['1,', 'x.json'],
    ['&a ', 'x.yaml'],
    ['/**/', 'x'],
    ['/*', 'x.json'],
    ['# ', 'x'],
    ['[a]\n', 'x'],
    ['[[a]]\n', 'x.toml'],
    ['a.', 'x.toml'],
    ['a = [', 'x.toml'],
  ])('made of %j alone, 4 MiB of it, is read or refused in seconds [configuration-files-hostile]', (unit, name) => {
    const text = unit.repeat(Math.floor(MAX_FILE_BYTES / unit.length));
    const began = performance.now();
    try {
      parse(text, name);
    } catch (error) {
      expect((error as Invalid).code).toMatch(/^file-(?:too-complex|syntax)$/);
    }
    // Without bounds: 5 to 30 seconds, an exhausted heap, or no end at all.
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it('may nest a hundred levels and no more, whatever its syntax [configuration-files-hostile]', () => {
    const nested = (depth: number) => ['['.repeat(depth) + ']'.repeat(depth), `${'a.'.repeat(depth)}a = 1`] as const;
    const [json, toml] = nested(99);
    expect(parse(json, 'x.json').syntax).toBe('json');
    expect(parse(toml, 'x.toml').syntax).toBe('toml');
    const [deepJson, deepToml] = nested(150);
    for (const read of [() => parse(deepJson, 'x.json'), () => parse(deepToml, 'x.toml')]) {
      expect(failure(read).message).toContain('nested too deeply');
    }
  });

  it('of its own names can’t reach into objects', () => {
    const { servers } = readClientFile(parse('{"mcpServers": {"__proto__": {"url": "https://x.example"}}}'));
    expect(servers.map(({ name }) => name)).toEqual(['__proto__']);
    expect(Object.prototype).not.toHaveProperty('url');
  });
});

property.prop([fc.json({ depthSize: 'small' })])('any JSON is read as JSON.parse reads it', (text) => {
  const { value } = parse(text, 'x.json');
  expect(value).toEqual(JSON.parse(text));
});

property.prop([
  fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.string({ unit: fc.constantFrom(...'{}[]:,&*!"\'\n -#/$abc'.split('')) }),
  ),
])('any text is read or refused, never a fault of ours [configuration-files-hostile]', (text) => {
  for (const name of ['x.json', 'x.yaml', 'x.toml']) {
    try {
      readClientFile(parse(text, name));
    } catch (error) {
      expect(error).toBeInstanceOf(AppError);
    }
  }
});

function failure(run: () => unknown): Invalid {
  try {
    run();
  } catch (error) {
    if (error instanceof Invalid) return error;
    throw error;
  }
  throw new Error('it was not refused');
}
