/** A request as it came over a connection. */
export interface HttpRequest {
  readonly verb: string;
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Cuts what comes over a connection into requests; bodies have a `Content-Length`. */
export function requestReader(onRequest: (request: HttpRequest) => void): (chunk: Buffer) => void {
  let bytes = Buffer.alloc(0);
  return (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    for (;;) {
      const end = bytes.indexOf('\r\n\r\n');
      if (end === -1) return;
      const [first = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
      const headers = Object.fromEntries(
        lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
      );
      const bodyEnd = end + 4 + Number(headers['content-length'] ?? 0);
      if (bytes.length < bodyEnd) return;
      const body = bytes.subarray(end + 4, bodyEnd).toString('utf8');
      bytes = bytes.subarray(bodyEnd);
      const [verb = '', path = ''] = first.split(' ');
      onRequest({ verb, path, headers, body });
    }
  };
}
