import type { Prompt, Resource, ResourceTemplate, Tool } from '../../../src/upstream/catalogueItems.ts';

/** What a test of a server has found out. */
export type Findings =
  | {
      readonly ok: true;
      readonly atMs: number;
      readonly era: string;
      readonly protocolVersion: string;
      readonly software: string;
      readonly tools: number;
      /** Tools that can’t be used, in words; empty when there are none. */
      readonly leftOut: string;
      readonly connectMs: number;
      readonly latencyMs: number;
    }
  | { readonly ok: false; readonly atMs: number; readonly says: string };

/** What a server offers. */
export interface Catalogue {
  readonly tools: readonly Tool[];
  readonly resources: readonly Resource[];
  readonly templates: readonly ResourceTemplate[];
  readonly prompts: readonly Prompt[];
}

/** What a tool has answered, as text to be escaped. */
export interface Answer {
  readonly title: string;
  readonly text: string;
  /** The tool says that it failed. */
  readonly isError: boolean;
}
