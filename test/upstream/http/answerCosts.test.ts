import { describe, expect, it } from 'vitest';
import { readAnswerHead } from '../../../src/upstream/http/client/answerHead.ts';
import { ChunkedContent } from '../../../src/upstream/http/client/chunkedContent.ts';

describe('what costs a server little costs its reader little, too: [proxy-http-strict]', () => {
  it('a field of white space is read once, and not once for each place where its value could begin', () => {
    const text = `HTTP/1.1 200 OK\r\nx-one:${' '.repeat(16_000)}\0`;
    // The square of its length would be a minute here.
    for (let heads = 0; heads < 100; heads += 1) expect(() => readAnswerHead(text)).toThrow('header field');
  });

  it('small chunks that come together are one piece', () => {
    const chunked = new ChunkedContent();
    const bytes = Buffer.from(`${'1\r\na\r\n'.repeat(1_000)}0\r\n\r\n`);
    const { at, content } = chunked.take(bytes, 0);
    expect(content?.toString()).toBe('a'.repeat(1_000));
    expect(chunked.take(bytes, at)).toEqual({ at: bytes.length, content: undefined });
    expect(chunked.isOver).toBe(true);
  });

  it('chunks before one that is wrong are read first', () => {
    const chunked = new ChunkedContent();
    const bytes = Buffer.from('1\r\na\r\n1\r\nb\r\nx\r\n');
    const { at, content } = chunked.take(bytes, 0);
    expect(content?.toString()).toBe('ab');
    expect(() => chunked.take(bytes, at)).toThrow('chunk');
  });
});
