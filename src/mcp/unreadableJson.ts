import type { Unavailable } from '../errors.ts';
import { notMcp, truncated, type Guarded } from './failures.ts';
import { JsonOutline } from './jsonOutline.ts';

/** Says what is wrong with an answer that should be JSON: it was cut, or was never JSON. `text` is what there is of it. */
export function unreadableJson(endpoint: Guarded, text: string): Unavailable {
  const outline = new JsonOutline();
  outline.push(Buffer.from(text));
  return outline.complete ? notJson(endpoint, text) : incompleteJson(endpoint, outline, text);
}

/** The same, for an answer whose outline is not complete. */
export function incompleteJson(endpoint: Guarded, outline: { readonly broken: boolean }, text = ''): Unavailable {
  return outline.broken ? notJson(endpoint, text) : truncated(endpoint, 'half a JSON document');
}

function notJson(endpoint: Guarded, text: string): Unavailable {
  // What begins as JSON may hold a part of a result, which is nobody's but the caller's; a page says what went wrong.
  return notMcp(endpoint, 'answered with something that is not JSON', beginsAsJson(text) ? '' : text);
}

/** Tells a text that was meant to be JSON from a page. */
export function beginsAsJson(text: string): boolean {
  return /^\s*[[{"]/.test(text);
}
