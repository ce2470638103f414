import type { AuditEventRow } from '../../../src/projections/tables/auditEvents.ts';
import type { KeyOnScreen } from '../../../src/projections/tables/keyWindow.ts';
import type { ServerOnScreen } from '../../../src/projections/tables/serverWindow.ts';
import type { ActivityEvent } from '../../activity.ts';
import type { Answer, Catalogue, Findings } from './findings.ts';
import type { IssuedOnScreen } from './screen.ts';
import type { Health, KeyUsage } from './state.ts';
import type { Then } from './timeline.ts';
import type { TrailRead } from './trail.ts';
import type { UsageRead } from './usagePane.ts';
import type { PageRead } from './window.ts';

/** How a piece of work ended. */
export type Outcome =
  | {
      readonly ok: true;
      readonly says: string;
      readonly warning?: string | undefined;
      readonly issued?: IssuedOnScreen;
      readonly answer?: Answer;
      readonly catalogue?: Catalogue;
      readonly findings?: { readonly server: string | undefined; readonly found: Findings };
    }
  | { readonly ok: false; readonly says: string };

/** What happened: a key was pressed, something was read, time went by. */
export type Action =
  | { readonly type: 'started' }
  | { readonly type: 'key'; readonly key: string }
  | { readonly type: 'pasted'; readonly text: string }
  | { readonly type: 'resized'; readonly columns: number; readonly rows: number }
  | { readonly type: 'ticked'; readonly nowMs: number }
  /** Something was changed, here or elsewhere. */
  | { readonly type: 'changed' }
  | { readonly type: 'keysRead'; readonly read: PageRead<KeyOnScreen> }
  | { readonly type: 'serversRead'; readonly read: PageRead<ServerOnScreen> }
  | { readonly type: 'keyUsageRead'; readonly usage: ReadonlyMap<string, KeyUsage> }
  | {
      readonly type: 'historyRead';
      readonly stream: string;
      readonly rows: readonly AuditEventRow[];
      readonly row: KeyOnScreen | undefined;
    }
  | { readonly type: 'trailRead'; readonly read: TrailRead }
  | { readonly type: 'thenRead'; readonly stream: string; readonly atMs: number | undefined; readonly then: Then }
  | { readonly type: 'usageRead'; readonly read: UsageRead }
  | { readonly type: 'progressed'; readonly work: number; readonly says: string }
  | { readonly type: 'settled'; readonly work: number; readonly outcome: Outcome }
  | { readonly type: 'healthRead'; readonly health: Health }
  | { readonly type: 'happened'; readonly events: readonly ActivityEvent[] }
  | { readonly type: 'failed'; readonly text: string }
  /** The system asks the program to end. */
  | { readonly type: 'signalled'; readonly code: number };
