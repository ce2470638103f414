import { PassThrough } from 'node:stream';
import { render } from 'ink';
import { createElement } from 'react';
import { describe, expect, it } from 'vitest';
import { displayWidth } from '../../cli/output/width.ts';
import { App } from '../../cli/tui/app.ts';
import { screenLines } from '../../cli/tui/frame/frameLines.ts';
import { plain } from '../../cli/tui/frame/text/style.ts';
import type { Loop } from '../../cli/tui/loop/loop.ts';
import { INK_OPTIONS } from '../../cli/tui/inkOptions.ts';
import { CALL_TOOL } from '../../cli/tui/screens/tool/callTool.ts';
import { toolForm } from '../../cli/tui/screens/tool/toolForm.ts';
import { DANGEROUS, HOSTILE } from '../cli/hostileText.ts';
import { inputOf, keyRow, NOW, TuiByHand } from './stateWorld.ts';

const nothing = () => undefined;

function linesOf({ state }: TuiByHand): readonly string[] {
  return screenLines(state, plain);
}

describe('the screen', () => {
  it('is said by Ink to a screen reader, and answers keystrokes [tui-opens] [tui-screen-reader]', async () => {
    const tui = new TuiByHand([keyRow(1, { name: 'laptop' })], { columns: 100, rows: 24 });
    const listeners = new Set<() => void>();
    const loop: Loop = {
      get state() {
        return tui.state;
      },
      dispatch(action) {
        tui.dispatch(action);
        for (const listener of listeners) listener();
      },
      subscribe(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    };
    const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: nothing, ref: nothing, unref: nothing });
    const stdout = Object.assign(new PassThrough(), { isTTY: true, columns: 100, rows: 24 });
    let heard = '';
    stdout.on('data', (chunk: Buffer) => (heard += chunk.toString()));
    const screen = render(createElement(App, { loop }), {
      ...INK_OPTIONS,
      patchConsole: false,
      isScreenReaderEnabled: true,
      stdin: stdin as unknown as NodeJS.ReadStream,
      stdout: stdout as unknown as NodeJS.WriteStream,
    });
    const says = async (text: string) => {
      while (!heard.includes(text)) await new Promise(setImmediate);
    };
    await says('Pane keys. There are: 1 keys');
    await says('laptop');
    stdin.write('d');
    await says('Delete laptop for good');
    screen.unmount();
  });

  it('shows hostile text escaped, and no line is wider than the terminal [tui-hostile-text]', () => {
    const text = HOSTILE + '漢'.repeat(300);
    for (const columns of [40, 80, 200]) {
      const tui = new TuiByHand([keyRow(1, { name: text, description: text })], { columns, rows: 24 });
      for (const keystrokes of [[], ['enter'], ['esc', 'd'], ['esc', ':'], ['esc', '?'], ['esc', '/', ...text]]) {
        tui.press(...keystrokes);
        for (const line of linesOf(tui)) {
          expect(line).not.toMatch(DANGEROUS);
          expect(displayWidth(line)).toBeLessThanOrEqual(columns);
        }
      }
    }
  });

  it('says in words what colours say [tui-no-colour]', () => {
    const rows = [
      keyRow(1, { status: 'inactive' }),
      keyRow(2, { expiresAt: new Date(NOW - 1) }),
      keyRow(3, { expiresAt: new Date(NOW + 5 * 86_400_000) }),
    ];
    const text = linesOf(new TuiByHand(rows)).join('\n');
    for (const status of ['inactive', 'expired', 'active', 'in 5d', '› key 1']) expect(text).toContain(status);
  });
});

describe('the header of a list', () => {
  it('has whole titles alone, and who owns the keys where anybody does [tui-list-looks]', () => {
    const wide = { columns: 120, rows: 24 };
    const header = (rows: Parameters<typeof keyRow>[1], size?: typeof wide) =>
      linesOf(
        new TuiByHand(
          Array.from({ length: 2_000 }, (_, at) => keyRow(at, rows)),
          size,
        ),
      )[1];
    expect(header({})).toMatch(/^ {2}NAME +STATUS +LAST HOUR +LAST USED +1 of 2,000$/);
    expect(header({}, wide)).not.toContain('OWNER');
    expect(header({ owner: 'nora@example.org' }, wide)).toMatch(/STATUS +OWNER +LAST HOUR/);
  });
});

describe('a form made of a JSON schema', () => {
  const tool = {
    name: 'search',
    inputSchema: {
      type: 'object',
      required: ['query', 'count'],
      properties: {
        query: { type: 'string' },
        count: { type: 'integer' },
        limit: { type: 'integer', minimum: 1, maximum: 50, default: 10 },
        order: { enum: ['up', 'down'] },
        exact: { type: 'boolean' },
        tags: { type: 'array', items: { type: 'string' } },
      },
    },
  };
  const form = toolForm('github', tool);
  const check = (values: Record<string, string>) => form.spec.check({ query: 'q', count: '1', ...values }, NOW);

  it('asks for each property in its own way, and starts with the defaults [tui-tool-form]', () => {
    expect(form.spec.fields.map(({ label, kind }) => [label, kind])).toEqual([
      ['query *', 'text'],
      ['count *', 'text'],
      ['limit', 'text'],
      ['order', 'choice'],
      ['exact', 'choice'],
      ['tags', 'text'],
    ]);
    expect(form.values['limit']).toBe('10');
  });

  it('says what is missing or of another type [tui-tool-form]', () => {
    expect(check({ limit: '' })['limit']).toBeUndefined();
    expect(check({ count: '' })['count']).toContain('needs this');
    expect(check({ limit: 'ten' })['limit']).toContain('integer');
    expect(check({ limit: '51' })['limit']).toContain('At most 50');
    expect(check({ tags: '[' })['tags']).toContain('no JSON');
    expect(
      Object.values(check({ limit: '5', tags: '["a"]', exact: 'true' })).filter((each) => each !== undefined),
    ).toEqual([]);
  });

  it('sends typed arguments, and leaves out what is empty [tui-tool-form]', () => {
    const values = { query: 'q', count: '1', limit: '5', exact: 'false', order: '', tags: '["a"]' };
    const call = inputOf(CALL_TOOL, form.spec.submit(values, NOW));
    expect(call?.args).toEqual({ query: 'q', count: 1, limit: 5, exact: false, tags: ['a'] });
  });
});
