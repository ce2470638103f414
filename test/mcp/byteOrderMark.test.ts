import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { ByteOrderMark } from '../../src/mcp/byteOrderMark.ts';

const beginning = fc.array(fc.constantFrom(0xef, 0xbb, 0xbf, 0x7b), { maxLength: 6 });

test.prop([beginning, fc.array(fc.nat({ max: 6 }), { maxLength: 3 })])(
  'is taken off a text however it is cut, and nothing else is',
  (bytes, cuts) => {
    const text = Buffer.from(bytes);
    const places = [0, ...cuts.map((at) => Math.min(at, text.length)).sort((a, b) => a - b), text.length];
    const mark = new ByteOrderMark();
    const read = places.slice(1).map((end, index) => mark.skip(text.subarray(places[index], end)));
    const isMarked = text.subarray(0, 3).equals(Buffer.of(0xef, 0xbb, 0xbf));
    const isHalfMark = !isMarked && Buffer.of(0xef, 0xbb, 0xbf).subarray(0, text.length).equals(text);
    // Half a mark and nothing more is an answer without a document either way.
    expect(Buffer.concat(read)).toEqual(isHalfMark ? Buffer.of() : isMarked ? text.subarray(3) : text);
    expect(mark.length).toBe(isMarked ? 3 : 0);
  },
);
