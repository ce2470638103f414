import type { AuditEventRow } from '../../../src/projections/auditEvents.ts';
import type { KeyOnScreen } from '../../../src/projections/keyWindow.ts';
import type { ServerOnScreen } from '../../../src/projections/serverWindow.ts';
import type { IssuedOnScreen } from './screen.ts';
import type { Health } from './state.ts';
import type { PageRead } from './window.ts';

/** How a piece of work ended. */
export type Outcome =
  | { readonly ok: true; readonly says: string; readonly warning: string | undefined; readonly issued?: IssuedOnScreen }
  | { readonly ok: false; readonly says: string };

/** What happened: a key was pressed, something was read, time went by. */
export type Action =
  | { readonly type: 'started' }
  | { readonly type: 'key'; readonly key: string }
  | { readonly type: 'pasted'; readonly text: string }
  | { readonly type: 'resized'; readonly columns: number; readonly rows: number }
  | { readonly type: 'ticked'; readonly nowMs: number }
  | { readonly type: 'changed' }
  | { readonly type: 'keysRead'; readonly read: PageRead<KeyOnScreen> }
  | { readonly type: 'serversRead'; readonly read: PageRead<ServerOnScreen> }
  | { readonly type: 'historyRead'; readonly stream: string; readonly rows: readonly AuditEventRow[] }
  | { readonly type: 'settled'; readonly work: number; readonly outcome: Outcome }
  | { readonly type: 'healthRead'; readonly health: Health }
  | { readonly type: 'failed'; readonly text: string }
  | { readonly type: 'asked'; readonly toLeave: true };
