import { expect } from 'vitest';
import type { Era } from '../../src/mcp/eras.ts';
import type { JsonObject } from '../../src/mcp/jsonRpc.ts';
import type { Answerers, Outcome, RequestOptions, SquareClient } from './client/squareClient.ts';

/** What a feature is tried with. */
export interface Trial {
  readonly client: SquareClient;
  /** As the endpoint names a tool or prompt of the server. */
  readonly named: (own: string) => string;
  readonly serverEra: Era;
  /** Connects another client of the same kind. */
  another(): Promise<SquareClient>;
}

export type Feature = (trial: Trial) => Promise<void>;

/** The user and the model of the client. */
const ANSWERERS: Answerers = {
  'sampling/createMessage': () => ({ role: 'assistant', model: 'square', content: { type: 'text', text: 'Paris' } }),
  'elicitation/create': ({ mode }) =>
    mode === 'url' ? { action: 'accept' } : { action: 'accept', content: { name: 'Ada' } },
  'roots/list': () => ({ roots: [{ uri: 'file:///square', name: 'square' }] }),
};

export async function callTool(
  { client, named }: Trial,
  name: string,
  args: JsonObject = {},
  options: Pick<RequestOptions, 'meta' | 'capabilities'> = {},
): Promise<Outcome> {
  return await client.request(
    'tools/call',
    { name: named(name), arguments: args },
    { answerers: ANSWERERS, ...options },
  );
}

export function textOf({ result, error }: Outcome): unknown {
  expect(error).toBeUndefined();
  const [content] = result?.['content'] as readonly JsonObject[];
  return content?.['text'];
}

export function notificationsOf(messages: readonly JsonObject[], method: string): readonly JsonObject[] {
  return messages.filter((message) => message['method'] === method).map(({ params }) => params as JsonObject);
}

/** Modern answers say what kind they are (MCP 2026-07-28, basic); the eras before know nothing of that. */
export function expectOfEra({ client }: Trial, result: JsonObject | undefined): void {
  expect(result?.['resultType']).toBe(client.era === 'modern' ? 'complete' : undefined);
}

export async function listed(trial: Trial, method: string, member: string, key: string): Promise<readonly unknown[]> {
  const { result } = await trial.client.request(method);
  expectOfEra(trial, result);
  if (trial.client.era === 'modern')
    expect(result).toMatchObject({ ttlMs: expect.any(Number), cacheScope: expect.any(String) });
  else for (const name of ['ttlMs', 'cacheScope']) expect(result).not.toHaveProperty(name);
  return (result?.[member] as readonly JsonObject[]).map((item) => item[key]);
}
