import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { addressOf } from './tcpProxy.ts';

/** Which idle session a transaction gets. */
export type Choice = 'last used' | 'longest idle';

export interface TransactionPoolerOptions {
  /** Sessions with the server at most. (Default: 2) */
  readonly sessions?: number;
  /** (Default: 'last used') */
  readonly choice?: Choice;
}

/** A connection pooler in transaction mode: a client has a session of the server for one transaction at a time. */
export interface TransactionPooler extends AsyncDisposable {
  /** The server's url, by way of the pooler. */
  readonly url: string;
}

/** A client, or a session of the server, with what has arrived of it and is not a whole message yet. */
interface Peer {
  readonly socket: Socket;
  pending: Buffer;
}

interface Client extends Peer {
  session: Session | undefined;
  /** Messages that wait for a session. */
  readonly waiting: Buffer[];
}

interface Session extends Peer {
  client: Client | undefined;
}

/**
 * Starts a pooler on a free port in front of the PostgreSQL that `url` names. It has no log-in of its own: each client
 * logs in to the server, and the session goes to the pool afterwards, or ends where there are enough. What a session without
 * a client hears, such as a notification, is dropped, as PgBouncer does.
 */
export async function openTransactionPooler(
  url: string,
  { sessions: most = 2, choice = 'last used' }: TransactionPoolerOptions = {},
): Promise<TransactionPooler> {
  const address = addressOf(url);
  const idle: Session[] = [];
  const queue: Client[] = [];
  const sockets = new Set<Socket>();
  let pooled = 0;

  function serve(): void {
    while (queue.length > 0 && idle.length > 0) {
      const session = choice === 'last used' ? idle.pop()! : idle.shift()!;
      const client = queue.shift()!;
      client.session = session;
      session.client = client;
      for (const message of client.waiting.splice(0)) session.socket.write(message);
    }
  }

  function release(session: Session): void {
    if (session.client !== undefined) session.client.session = undefined;
    session.client = undefined;
    idle.push(session);
    serve();
  }

  function fromServer(session: Session, message: Buffer): void {
    session.client?.socket.write(message);
    // ReadyForQuery, and no transaction is open.
    if (message[0] === READY && message[5] === NO_TRANSACTION) release(session);
  }

  function fromClient(client: Client, message: Buffer): void {
    if (message[0] === TERMINATE) client.socket.end();
    else if (client.session !== undefined) client.session.socket.write(message);
    else {
      client.waiting.push(message);
      if (!queue.includes(client)) queue.push(client);
      serve();
    }
  }

  /** Passes the log-in through, then keeps the session apart from the client. */
  function logIn(socket: Socket): void {
    const server = connect(address);
    const client: Client = { socket, pending: Buffer.alloc(0), session: undefined, waiting: [] };
    const session: Session = { socket: server, pending: Buffer.alloc(0), client };
    let loggedIn = false;
    for (const each of [socket, server]) {
      sockets.add(each);
      each.on('error', () => each.destroy());
      each.on('close', () => sockets.delete(each));
    }
    socket.on('data', (bytes) => {
      if (!loggedIn) server.write(bytes);
      else for (const message of messagesOf(client, bytes)) fromClient(client, message);
    });
    server.on('data', (bytes) => {
      for (const message of messagesOf(session, bytes)) {
        if (loggedIn) fromServer(session, message);
        else {
          socket.write(message);
          if (message[0] !== READY) continue;
          loggedIn = true;
          if (pooled < most) {
            pooled += 1;
            release(session);
          } else {
            session.client = undefined;
            server.end();
          }
        }
      }
    });
    socket.on('close', () => {
      if (!loggedIn) server.destroy();
      if (queue.includes(client)) queue.splice(queue.indexOf(client), 1);
      // As it is in a transaction, nobody else can have it.
      if (client.session === undefined) return;
      client.session.socket.destroy();
      pooled -= 1;
    });
    server.on('close', () => {
      if (idle.includes(session)) {
        idle.splice(idle.indexOf(session), 1);
        pooled -= 1;
      }
      session.client?.socket.destroy();
    });
  }

  const listener = createServer(logIn).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const pooler = new URL(url);
  // A TCP server's address is an object.
  pooler.host = `127.0.0.1:${(listener.address() as AddressInfo).port}`;
  return {
    url: pooler.href,
    async [Symbol.asyncDispose]() {
      const closed = once(listener, 'close');
      listener.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Message types (PostgreSQL, message formats). */
const READY = 'Z'.charCodeAt(0);
const TERMINATE = 'X'.charCodeAt(0);
const NO_TRANSACTION = 'I'.charCodeAt(0);

/** Takes the whole messages out of what has arrived: a type, a length that counts itself, a body. */
function messagesOf(peer: Peer, bytes: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  let rest = Buffer.concat([peer.pending, bytes]);
  while (rest.length >= 5 && rest.length >= 1 + rest.readInt32BE(1)) {
    const length = 1 + rest.readInt32BE(1);
    messages.push(rest.subarray(0, length));
    rest = rest.subarray(length);
  }
  peer.pending = rest;
  return messages;
}
