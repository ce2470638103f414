import type { AwaitedAnswers } from '../../mcp/awaitedAnswers.ts';
import { JsonCursor } from '../../mcp/jsonCursor.ts';
import type { JsonRpcId } from '../../mcp/jsonRpc.ts';
import { MessageScan } from '../../mcp/messageScan.ts';
import { parseMessage } from '../answerRewrite.ts';
import { edited, placesOf } from '../jsonPlaces.ts';

/**
 * Makes of a server's message, or of an array of them, what answers each request that waits once: what answers one again is
 * taken out, and an error that names no request gets the id of the only one that waits (JSON-RPC 2.0, 5: its id is null when
 * the server could not read it). The rest stays as it is, byte for byte. Undefined: nothing is left.
 */
export function repairedAnswer(text: string, awaited: AwaitedAnswers): string | undefined {
  const parsed = parseMessage(text);
  if (parsed === undefined) return undefined;
  if (!Array.isArray(parsed)) return repairedMessage(text, awaited);
  const messages = elementsOf(text).flatMap((element) => repairedMessage(element, awaited) ?? []);
  return messages.length === 0 ? undefined : `[${messages.join(',')}]`;
}

function repairedMessage(text: string, awaited: AwaitedAnswers): string | undefined {
  const scan = new MessageScan();
  scan.push(Buffer.from(text));
  const kind = awaited.take(scan.responses);
  if (kind === 'own') return text;
  const [id] = awaited.unanswered;
  if (kind === 'repeated' || id === undefined) return undefined;
  awaited.take([{ id, isError: true }]);
  return withId(text, id);
}

function withId(text: string, id: JsonRpcId): string {
  const places = placesOf(text, { id: true });
  const written = JSON.stringify(id);
  if (places.length > 0)
    return edited(
      text,
      places.map(({ from, to }) => ({ from, to, text: written })),
    );
  const from = text.indexOf('{') + 1;
  return edited(text, [{ from, to: from, text: `"id":${written},` }]);
}

/** @param text a valid one, of an array */
function elementsOf(text: string): string[] {
  const elements: string[] = [];
  const cursor = new JsonCursor(text);
  cursor.skipSpace();
  cursor.enter();
  while (cursor.nextElement(']')) {
    const from = cursor.at;
    cursor.skipValue();
    elements.push(text.slice(from, cursor.at));
  }
  return elements;
}
