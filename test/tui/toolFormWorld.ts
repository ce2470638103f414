import { bodyLines } from '../../cli/tui/frame/frameLines.ts';
import { push } from '../../cli/tui/frame/state.ts';
import { plain } from '../../cli/tui/frame/text/style.ts';
import { formScreen } from '../../cli/tui/screens/form/formScreen.ts';
import { CALL_TOOL } from '../../cli/tui/screens/tool/callTool.ts';
import { toolForm } from '../../cli/tui/screens/tool/toolForm.ts';
import { parseLossless, stringifyLossless } from '../../src/mcp/losslessJson.ts';
import type { JsonObject } from '../../src/mcp/jsonRpc.ts';
import { inputIn, inputOf, NOW, TuiByHand } from './stateWorld.ts';

/** The form of a tool with this input schema, as JSON: so a `__proto__` is a name like any other. */
export function formOf(inputSchema: object | string) {
  const schema = typeof inputSchema === 'string' ? inputSchema : JSON.stringify(inputSchema);
  return toolForm('backend', { name: 'tool', inputSchema: parseLossless(schema) as JsonObject });
}

/** As `formOf`, for a tool with one optional argument `a`. */
export function formOfOne(property: unknown, required: readonly string[] = []) {
  return formOf({ type: 'object', properties: { a: property }, required });
}

/** What is sent for these answers, as the JSON of the request. @throws Error with what is wrong with them */
export function sent(form: ReturnType<typeof formOf>, answers: Readonly<Record<string, string>> = {}): string {
  const values = { ...form.values, ...answers };
  const wrong = Object.entries(form.spec.check(values, NOW)).filter(([, complaint]) => complaint !== undefined);
  if (wrong.length > 0) throw new Error(wrong.map(([name, complaint]) => `${name}: ${String(complaint)}`).join('\n'));
  const call = inputOf(CALL_TOOL, form.spec.submit(values, NOW));
  if (call === undefined) throw new Error('a tool form calls its tool');
  return stringifyLossless(call.args);
}

/** The form on a screen. */
export function onScreen(inputSchema: object | string, size = { columns: 80, rows: 24 }): TuiByHand {
  const tui = new TuiByHand([], size);
  tui.state = push(tui.state, formScreen(formOf(inputSchema)));
  return tui;
}

/** What the screen shows, as one text. */
export function shown(tui: TuiByHand): string {
  return bodyLines(tui.state, plain).join('\n');
}

/** Submits the form on the screen. @returns the arguments as JSON; undefined when something is wrong */
export function submitted(tui: TuiByHand): string | undefined {
  const call = inputIn(CALL_TOOL, tui.press('ctrl-s'));
  return call === undefined ? undefined : stringifyLossless(call.args);
}
