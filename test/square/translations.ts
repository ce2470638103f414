import type { FeatureName } from './features.ts';

/** How a feature crosses the eras; `as it is`: the messages are the same in both. */
export interface Translation {
  /** A legacy client's, at a modern server. */
  readonly toModern: string;
  /** A modern client's, at a legacy server. */
  readonly toLegacy: string;
}

const AS_IT_IS = 'as it is';
const SAME: Translation = { toModern: AS_IT_IS, toLegacy: AS_IT_IS };
const INPUT: Translation = {
  toModern: '`inputRequests` of an answer become requests to the client; its replies go back with the same request',
  toLegacy: 'the server’s request becomes the answer `input_required`; the repeat’s `inputResponses` become the reply',
};
const INPUT_TOO: Translation = { toModern: 'like sampling', toLegacy: 'like sampling' };

export const TRANSLATIONS: Readonly<Record<FeatureName, Translation>> = {
  tools: {
    toModern: 'as it is, without `resultType` and what tells of caching; `structuredContent` becomes an object',
    toLegacy: 'as it is, with `resultType`, `ttlMs: 0` and `cacheScope: "private"`',
  },
  resources: {
    toModern: 'as it is; an unknown one (-32602 with its URI) becomes -32002',
    toLegacy: 'as it is; an unknown one (-32002) becomes -32602 with its URI',
  },
  templates: SAME,
  prompts: SAME,
  completion: SAME,
  progress: SAME,
  logging: {
    toModern: 'the level of `logging/setLevel` goes with each request, in `_meta`',
    toLegacy: 'the level in a request’s `_meta` becomes `logging/setLevel`; messages below it are left out',
  },
  cancellation: {
    toModern: '`notifications/cancelled` closes the server’s stream; a program gets the notification',
    toLegacy: 'closing the stream becomes `notifications/cancelled`',
  },
  sampling: INPUT,
  'elicitation by form': INPUT_TOO,
  'elicitation by URL': { ...INPUT_TOO, toLegacy: 'like sampling; the error -32042 becomes `input_required`, too' },
  roots: INPUT_TOO,
  'several inputs': INPUT_TOO,
  'changes of lists': {
    toModern: 'GET becomes `subscriptions/listen`',
    toLegacy: '`subscriptions/listen` reads the stream for what is outside of requests, by its filter',
  },
  subscriptions: {
    toModern: '`resources/subscribe` becomes part of a `subscriptions/listen`',
    toLegacy: '`subscriptions/listen` becomes `resources/subscribe`, and `resources/unsubscribe` at its end',
  },
  resumption: {
    toModern: 'the gateway gives the ids, and keeps what follows',
    toLegacy: '–',
  },
  batches: { toModern: 'each request is sent alone', toLegacy: '–' },
  tasks: { toModern: '–', toLegacy: '–' },
  apps: SAME,
  skills: SAME,
};
