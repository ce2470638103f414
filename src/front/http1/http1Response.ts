import { FrontResponse } from '../frontResponse.ts';
import type { Http1Request } from './http1Request.ts';

/** What Node's server knows of its answers, and has no public name for. */
interface NodesOwn {
  _keepAliveTimeout: number;
  _last: boolean;
  _closed: boolean;
}

/** The answer to a request that was read without Node's parser. Node's server would do the same with it. */
export class Http1Response extends FrontResponse<Http1Request> {
  /** @param keepAliveMs told to the client, as `Keep-Alive` */
  constructor(req: Http1Request, keepAliveMs: number) {
    super(req);
    nodesOwn(this)._keepAliveTimeout = keepAliveMs;
  }

  /** Its connection ends with it. */
  get isLast(): boolean {
    return nodesOwn(this)._last;
  }

  /** It is over: all of it was handed to the system. */
  close(): void {
    if (nodesOwn(this)._closed) return;
    this.destroyed = true;
    nodesOwn(this)._closed = true;
    this.emit('close');
  }

  // Node's own asks for what only its server keeps up to date. Types have it as a field.
  static {
    Object.defineProperty(this.prototype, 'writableNeedDrain', {
      get(this: Http1Response) {
        return !this.destroyed && !this.writableEnded && this.socket?.writableNeedDrain === true;
      },
    });
  }
}

function nodesOwn(res: Http1Response): NodesOwn {
  return res as unknown as NodesOwn;
}
