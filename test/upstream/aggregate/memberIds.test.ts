import { describe, expect, test } from 'vitest';
import { ownRequestId, readMemberId, writeMemberId } from '../../../src/upstream/aggregate/memberIds.ts';
import { parseLossless } from '../../../src/mcp/losslessJson.ts';

const PLACE = 'a.0123456789abcdef';

describe('an id of a member, as clients hold it', () => {
  test.each([['7'], ['-1'], ['9007199254740993'], ['"x"'], ['""'], ['"a__b"'], ['"[1]"'], ['"\\ud800"']])(
    'gives %s back as it was [aggregate-places]',
    (json) => {
      const own = parseLossless(json);
      const id = writeMemberId(PLACE, own);
      expect(readMemberId(id)).toEqual({ place: PLACE, own });
      expect(ownRequestId(id)).toEqual({ place: PLACE, own });
    },
  );

  // One text for the bounds of the message that it comes in: a million values could be in it, or as many levels.
  test.each([
    ['[]'],
    ['[1.10,0]'],
    ['{"a":-0}'],
    [' [1]'],
    ['\n{}'],
    [' 7'],
    ['null'],
    ['true'],
    [''],
    ['"x'],
    ['7,8'],
    ['['.repeat(100_000)],
  ])('is none where it holds something else than a text or a number: %.10s [ops-hostile-costs]', (own) => {
    expect(readMemberId(`${PLACE}__${own}`)).toBeUndefined();
    expect(ownRequestId(`${PLACE}__${own}`)).toBeUndefined();
  });
});
