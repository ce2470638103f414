import { describe, expect, test } from 'vitest';
import { call } from './client.ts';
import { fixture, LIST } from './fixture.ts';

const { gatewayToRaw } = fixture();
const OK = 'HTTP/1.1 200 OK\r\n';
const SSE_TYPE = 'Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';
const EVENT = 'event: message\ndata: {"jsonrpc":"2.0","method":"notifications/progress","params":{}}\n\n';
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;

describe('a stream that breaks', () => {
  test.for([`id: 1\n${EVENT}`, `event: message\nid: 1\ndata: {}\n\n`, `event: message\rid:1\rdata: {}\r\r`])(
    'when the client could take it up again, as after %j, looks broken, so that it does [mcp-resume-last-event-id]',
    async (events) => {
      const { gateway } = await gatewayToRaw((socket) => {
        socket.write(OK + SSE_TYPE + chunk(events), () => socket.destroy());
      });
      const answered = await call(gateway, 'files', LIST);
      expect(answered.complete).toBe(false);
      expect(answered.text).toBe(events);
    },
  );

  test.for([
    `data: {"method":"x","id":1}\n\n`,
    `data: "\\nid:"\n\n`,
    `event: id:1\ndata: id:1\n\n`,
    `xid:1\ndata: {}\n\n`,
  ])(
    'after events without an id, such as %j, ends with an error: nobody could take it up [proxy-half-never-whole]',
    async (events) => {
      const { gateway } = await gatewayToRaw((socket) => {
        socket.write(OK + SSE_TYPE + chunk(events), () => socket.destroy());
      });
      const answered = await call(gateway, 'files', LIST);
      expect(answered.complete).toBe(true);
      expect(answered.text.slice(0, events.length)).toBe(events);
      expect(answered.text.slice(events.length)).toContain('"code":"upstream-truncated"');
    },
  );
});
