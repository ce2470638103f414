import type { ReadBody } from '../readBody.ts';

/** What goes to the server; kept until it is known that it need not be sent again. */
export interface OutgoingRequest {
  readonly headers: string[];
  readonly body: ReadBody | undefined;
  /** The tool that it calls may be called twice; undefined: the server was not asked, and the method decides. */
  readonly repeatable?: boolean;
}
