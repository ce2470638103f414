import { describe, expect, test } from 'vitest';
import { foundHealth } from '../../src/api/foundHealth.ts';
import type { CatalogueReading } from '../../src/catalogue/rememberedTable.ts';

const NEVER: CatalogueReading = {
  audience: 'modern..',
  readAt: null,
  outdated: false,
  failure: null,
  failures: 0,
  failedAt: null,
};
const read = (at: number): CatalogueReading => ({ ...NEVER, readAt: new Date(at), failedAt: new Date(at) });
const failed = (at: number, failures: number, failure = 'upstream-timeout', readAt: number | null = null) => ({
  ...NEVER,
  readAt: readAt === null ? null : new Date(readAt),
  failure,
  failures,
  failedAt: new Date(at),
});

describe('the health of a server, put together', () => {
  test('is unknown where it was neither called nor read [ops-server-health]', () => {
    const unknown = { status: 'unknown', answeredAt: undefined, failure: undefined };
    expect(foundHealth(undefined, [])).toEqual(unknown);
    expect(foundHealth(undefined, [NEVER])).toEqual(unknown);
  });

  test('answers where its catalogue was read, whatever else it is asked for [ops-server-health]', () => {
    expect(foundHealth(undefined, [read(5)])).toEqual({ status: 'answers', answeredAt: 5, failure: undefined });
    expect(foundHealth(undefined, [failed(7, 2), read(9)])).toEqual({
      status: 'answers',
      answeredAt: 9,
      failure: { code: 'upstream-timeout', at: 7, inARow: 0 },
    });
  });

  test('goes by what came last: a call or a reading [ops-server-health]', () => {
    const calledAt = (at: number) => ({ answeredAt: at, failure: undefined, failures: 0 });
    const failing = { answeredAt: 3, failure: { code: 'upstream-unreachable', at: 6 }, failures: 4 };
    expect(foundHealth(calledAt(8), [failed(7, 1)]).status).toBe('answers');
    expect(foundHealth(calledAt(6), [failed(7, 1)])).toMatchObject({ status: 'fails', failure: { inARow: 1 } });
    expect(foundHealth(failing, [read(5)])).toEqual({
      status: 'fails',
      answeredAt: 5,
      failure: { code: 'upstream-unreachable', at: 6, inARow: 4 },
    });
    expect(foundHealth(failing, [read(7)])).toMatchObject({ status: 'answers', failure: { inARow: 0 } });
  });

  test('answers where one list of a reading failed, or the server has refused all of them [ops-server-health]', () => {
    expect(foundHealth(undefined, [failed(4, 3, 'upstream-timeout', 4)]).status).toBe('answers');
    expect(foundHealth(undefined, [failed(4, 3, 'upstream-rpc-error')])).toEqual({
      status: 'answers',
      answeredAt: 4,
      failure: undefined,
    });
  });
});
