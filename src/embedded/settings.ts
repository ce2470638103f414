import { SOCKET_PORT } from './credentials.ts';

/**
 * The server's settings, passed on its command line so that an upgrade of MetaMCP changes them.
 * fsync, full_page_writes and synchronous_commit keep their default: on.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  // A user who can enter the socket's folder can try a password; no other one reaches the server at all.
  listen_addresses: '',
  unix_socket_permissions: '0700',
  max_connections: '100',
  // For commands, when gateways have taken all the others.
  reserved_connections: '10',
  shared_buffers: '64MB',
  // A small state folder matters more than a few checkpoints; the default lets the log grow to 1 GB.
  max_wal_size: '256MB',
  password_encryption: 'scram-sha-256',
  // I/O workers, replication workers and their log detail: nothing here replicates, and each process costs memory.
  io_method: 'sync',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_logical_replication_workers: '0',
  // A rejected statement is the caller's error and reported there; the log keeps what concerns the server.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_checkpoints: 'off',
  log_line_prefix: '%m [%p] ',
  log_timezone: 'UTC',
  timezone: 'UTC',
};

/** Builds the arguments of `postgres`. */
export function serverArguments(dataFolder: string, socketFolder: string): string[] {
  // A list, in which a comma or a quote would end the name.
  const unix_socket_directories = `"${socketFolder.replaceAll('"', '""')}"`;
  const settings = Object.entries({ ...SETTINGS, unix_socket_directories });
  return [
    '-D',
    dataFolder,
    '-p',
    String(SOCKET_PORT),
    ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
}
