import { apiKeyStream } from '../../../src/events/apiKey.ts';
import type { KeyOnScreen } from '../../../src/projections/tables/keyWindow.ts';
import { accessForm, activationForm, createKeyForm, deleteForm, rotateForm } from '../forms/keyForms.ts';
import type { Intent } from '../keys.ts';
import type { Form } from './form.ts';
import { push, topScreen, type State } from './state.ts';
import type { Step } from './step.ts';
import { askLater, chosen } from './window.ts';

/** Does what concerns keys. */
export function performKey(state: State, intent: Extract<Intent, 'open' | `key-${string}`>): Step {
  if (intent === 'key-create') return [push(state, { screen: 'form', form: createKeyForm() }), []];
  if (intent === 'key-deleted') {
    return [{ ...state, includeDeleted: !state.includeDeleted, keys: askLater(state.keys) }, []];
  }
  const key = keyInView(state);
  if (key === undefined) return [state, []];
  if (intent === 'open') {
    const shown = push(state, { screen: 'key', id: key.id, row: key, history: undefined, top: 0 });
    return [shown, [{ effect: 'readHistory', stream: apiKeyStream(key.id) }]];
  }
  const refusal = refusalOf(key, intent);
  if (refusal !== undefined) return [{ ...state, notice: { tone: 'error', text: refusal, sinceMs: state.nowMs } }, []];
  return [push(state, { screen: 'form', form: formOf(key, intent) }), []];
}

/** The key that is shown, or the one under the cursor. */
export function keyInView(state: State): KeyOnScreen | undefined {
  const screen = topScreen(state);
  if (screen !== undefined) return screen.screen === 'key' ? screen.row : undefined;
  return state.pane === 'keys' ? chosen(state.keys) : undefined;
}

type Change = Exclude<Extract<Intent, `key-${string}`>, 'key-create' | 'key-deleted'>;

/** Says why a change makes no sense, before a form is filled in for nothing. */
function refusalOf({ status }: KeyOnScreen, intent: Change): string | undefined {
  if (status === 'deleted') return 'The key was deleted. That is final.';
  switch (intent) {
    case 'key-rotate':
      if (status === 'rotated') return 'The key was rotated before; rotate its successor.';
      return status === 'inactive' ? 'An inactive key can’t be rotated; activate it first (a).' : undefined;
    case 'key-inactivate':
      return status === 'inactive' ? 'The key is inactive already.' : undefined;
    case 'key-activate':
      return status === 'inactive' ? undefined : 'The key is not inactive.';
    case 'key-access':
    case 'key-delete':
      return undefined;
  }
}

function formOf(key: KeyOnScreen, intent: Change): Form {
  switch (intent) {
    case 'key-access':
      return accessForm(key);
    case 'key-rotate':
      return rotateForm(key);
    case 'key-inactivate':
      return activationForm(key, 'inactivateKey');
    case 'key-activate':
      return activationForm(key, 'activateKey');
    case 'key-delete':
      return deleteForm(key);
  }
}
