import type { Unavailable } from '../errors/appError.ts';
import { notMcp, truncated, type ServerLabel } from './failures.ts';
import { JsonOutline } from './jsonOutline.ts';
import { faultOfMessage } from './jsonRpc.ts';

/** Says what is wrong with an answer that should be JSON: it was cut, or was never JSON. `text` is what there is of it. */
export function unreadableJson(label: ServerLabel, text: string): Unavailable {
  const outline = new JsonOutline();
  outline.push(Buffer.from(text));
  return outline.complete ? notJson(label, text) : incompleteJson(label, outline, text);
}

/** The same, for an answer whose outline is not complete. */
export function incompleteJson(label: ServerLabel, outline: { readonly broken: boolean }, text = ''): Unavailable {
  return outline.broken ? notJson(label, text) : truncated(label, 'half a JSON document');
}

function notJson(label: ServerLabel, text: string): Unavailable {
  // A text, a number or null, which are JSON.
  const value = parse(text);
  if (value !== undefined) return notMcp(label, `sent something that is not JSON-RPC: ${faultOfMessage(value)}`);
  // What begins as JSON may hold a part of a result, which is for the caller only; a page shows what went wrong.
  return notMcp(label, 'answered with something that is not JSON', beginsAsJson(text) ? '' : text);
}

/** JSON has no undefined: it stands for what can't be parsed. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Tells a text that was meant to be JSON from a page. */
export function beginsAsJson(text: string): boolean {
  return /^\s*[[{"]/.test(text);
}
