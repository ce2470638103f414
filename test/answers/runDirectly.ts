import { Agent } from 'undici';
import type { AnswerCase } from './answerCase.ts';
import { outcomeOf, type Outcome } from './outcome.ts';
import { questionFor } from './question.ts';
import { happens, PATIENCE_MS } from './waiting.ts';
import { precede, send, type World } from './world.ts';
import { deliveredBy } from './wire.ts';

/** Asks the question of a case without the gateway. Of a server that falls silent it takes what there is, and leaves. */
export async function runDirectly({ server }: Pick<World, 'server'>, of: AnswerCase): Promise<Outcome> {
  const { url, seen } = server.open(of);
  // One connection, so that the question goes over the one that the case describes.
  const dispatcher = new Agent({ connections: 1 });
  const leaving = new AbortController();
  const timer = setTimeout(() => leaving.abort(), PATIENCE_MS);
  try {
    const place = { url, dispatcher };
    const session = await precede(of, place, seen);
    const sent = questionFor(of);
    let hasHead = of.cut === 'before-head' || of.cut === 'in-head';
    let messages = 0;
    let isOver = false;
    const asking = send(place, sent, session, {
      signal: leaving.signal,
      onHead: () => (hasHead = true),
      onMessage: () => messages++,
    }).finally(() => (isOver = true));
    if (of.by === 'silence') {
      await Promise.race([seen.answered, asking]);
      await happens(() => isOver || (hasHead && messages >= deliveredBy(of, sent.ids)));
      leaving.abort();
    }
    return outcomeOf(of, sent.ids, await asking);
  } finally {
    clearTimeout(timer);
    await dispatcher.destroy();
  }
}
