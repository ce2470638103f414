/** A JSON-RPC request id; null where there is none, or none is known. */
export type JsonRpcId = string | number | null;

/** Modern: MCP 2026-07-28 and later, stateless. Legacy: 2024-11-05 to 2025-11-25, `initialize` and session. */
export type Era = 'modern' | 'legacy';

/** What the proxy has to know of a POST body; the body itself is passed on as it came. */
export interface Message {
  readonly era: Era;
  readonly kind: 'request' | 'notification' | 'response' | 'batch';
  readonly id: JsonRpcId;
  readonly method: string | undefined;
  /** The tools that it calls: of a batch, those of all its messages. */
  readonly tools: readonly string[];
  /** It asks for nothing but these tools. */
  readonly onlyTools: boolean;
}

/** Tells a JSON object from everything else that JSON can be. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
