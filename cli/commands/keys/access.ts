import type { Settled } from '../../../src/administration/settle.ts';
import { systemClock } from '../../../src/clock.ts';
import type { Access } from '../../../src/commands/apiKey.ts';
import { Conflict } from '../../../src/errors.ts';
import { timeAt } from '../../../src/events/time.ts';
import { parseGrants, parseScopes } from '../../access.ts';
import { commandContext } from '../../actor.ts';
import type { Cli } from '../../cli.ts';
import { answerForeseen } from '../../foreseen.ts';
import { answerKeyChange } from '../../keyChange.ts';
import { formatTime, keySubject, listed } from '../../keyView.ts';
import { resolveKey } from '../../resolveKey.ts';
import { wrongUsage } from '../../usage.ts';
import type { ApiKeyRow } from '../../../src/projections/apiKeys.ts';
import type { Stores } from '../../../src/stores.ts';

export interface ChangeAccessOptions {
  readonly scope?: readonly string[];
  readonly grant?: readonly string[];
  /** Milliseconds. */
  readonly expiresIn?: number;
  readonly neverExpires?: boolean;
  readonly reason?: string;
  readonly dryRun?: boolean;
}

/** How often a change that lost a race is made anew from what is there now. */
const TRIES = 3;

/** Changes what a key may do. */
export async function changeAccess(cli: Cli, typed: string, options: ChangeAccessOptions): Promise<void> {
  const { expiresIn, neverExpires = false } = options;
  const scopes = parseScopes(options.scope);
  const grants = parseGrants(options.grant);
  if (expiresIn !== undefined && neverExpires) {
    throw wrongUsage('--expires-in and --never-expires exclude each other.');
  }
  if (scopes === undefined && grants === undefined && expiresIn === undefined && !neverExpires) {
    throw wrongUsage('Say what to change: --scope, --grant, --expires-in or --never-expires.');
  }
  const expiresAt = expiresIn === undefined ? undefined : timeAt(systemClock() + expiresIn);
  await cli.withStores(async ({ stores }) => {
    const { db } = stores;
    const key = await resolveKey(db, typed);
    const { id } = key;
    const revise = (row: ApiKeyRow): Access => ({
      scopes: scopes ?? parseScopes(row.scopes) ?? [],
      grants: grants ?? row.grants,
      expiresAt: expiresAt ?? (neverExpires ? undefined : row.expiresAt?.toISOString()),
    });
    if (options.dryRun === true) {
      const command = { type: 'ChangeAccess', at: systemClock(), ...revise(key) } as const;
      await answerForeseen(cli, keySubject(key), await stores.foresight.key(id, command));
      return;
    }
    const settled = await change(stores, id, revise, options.reason);
    const row = await resolveKey(db, id);
    const end = row.expiresAt === null ? 'never expires' : `expires ${formatTime(row.expiresAt)}`;
    const said = `${settled.changed ? 'now' : 'already'} has the scopes ${listed(row.scopes)}, the grants ${listed(row.grants)}, and ${end}`;
    await answerKeyChange(cli, row, settled, said);
  });
}

/** Changes the access that was read, and no other: what is not given must stay as it is. */
async function change(
  { db, keys, projections }: Stores,
  id: string,
  revise: (row: ApiKeyRow) => Access,
  reason: string | undefined,
): Promise<Settled> {
  for (let attempt = 1; ; attempt += 1) {
    const row = await resolveKey(db, id);
    try {
      return await keys.changeAccess(id, revise(row), commandContext(), { ifMatch: row.revision, reason });
    } catch (error) {
      if (!(error instanceof Conflict) || attempt === TRIES) throw error;
      // The winner has stored its event, but may not have brought the table up to it yet.
      await projections.pump();
    }
  }
}
