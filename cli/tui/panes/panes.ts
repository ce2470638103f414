import type { Pane } from '../frame/model.ts';
import { ACTIVITY_PANE } from './activity/pane.ts';
import { AUDIT_PANE } from './audit/pane.ts';
import { KEYS_PANE } from './keys/pane.ts';
import { ROLES_PANE } from './roles/pane.ts';
import { SERVERS_PANE } from './servers/pane.ts';
import { USAGE_PANE } from './usage/pane.ts';

/** The panes, in the order of the tabs. */
export const PANES: readonly Pane[] = [KEYS_PANE, SERVERS_PANE, ACTIVITY_PANE, AUDIT_PANE, USAGE_PANE, ROLES_PANE];
