import type { ReadBody } from '../readBody.ts';

/** What goes to the server; kept until it is known that it need not be sent again. */
export interface Outgoing {
  readonly headers: string[];
  readonly body: ReadBody | undefined;
}
