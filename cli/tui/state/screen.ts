import type { AuditEventRow } from '../../../src/projections/tables/auditEvents.ts';
import type { KeyOnScreen } from '../../../src/projections/tables/keyWindow.ts';
import type { ServerOnScreen } from '../../../src/projections/tables/serverWindow.ts';
import type { ClientConfiguration } from '../../clientConfiguration.ts';
import type { Cursor } from './cursor.ts';
import type { Answer, Catalogue } from './findings.ts';
import type { Form } from './form.ts';
import type { TextInput } from './textInput.ts';
import type { Timeline } from './timeline.ts';

/** A key that was just made: the only state that has a secret, gone when the screen is left. */
export interface IssuedOnScreen {
  readonly id: string;
  readonly name: string;
  readonly apiKey: string;
  readonly configurations: readonly ClientConfiguration[];
  readonly said: string;
}

/** What can lie over a pane. `top` is the first line shown. */
export type Screen =
  | { readonly screen: 'help'; readonly top: number }
  | { readonly screen: 'palette'; readonly input: TextInput; readonly at: number }
  | { readonly screen: 'form'; readonly form: Form }
  | { readonly screen: 'secret'; readonly issued: IssuedOnScreen; readonly copied: boolean; readonly top: number }
  | {
      readonly screen: 'key';
      readonly id: string;
      readonly row: KeyOnScreen;
      readonly history: readonly AuditEventRow[] | undefined;
      readonly top: number;
    }
  | { readonly screen: 'server'; readonly row: ServerOnScreen; readonly top: number }
  | {
      readonly screen: 'catalogue';
      readonly server: string;
      /** Undefined until it is read. */
      readonly catalogue: Catalogue | undefined;
      /** The work that reads it. */
      readonly work: number | undefined;
      readonly error: string | undefined;
      readonly cursor: Cursor;
    }
  | { readonly screen: 'answer'; readonly answer: Answer; readonly top: number }
  | Timeline;
export type ScreenOf<Name extends Screen['screen']> = Extract<Screen, { readonly screen: Name }>;
