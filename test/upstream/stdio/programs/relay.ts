import { connect } from 'node:net';

/** A server whose behaviour is in another process: passes its streams on to a socket, and ends when that ends. */
const socket = connect(process.argv[2] ?? '');
process.stdin.pipe(socket);
socket.pipe(process.stdout, { end: false });
const leave = (): void => process.exit(0);
socket.on('end', leave).on('error', leave);
