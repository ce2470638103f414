import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { CHILD_ENVIRONMENT, type RunAs } from './runAs.ts';

/**
 * The keeper: starts Postgres ("$@") and a reader of the lease, reaps Postgres, then ends the reader.
 * Descriptor 3 is the lease's reading end, which only the reader may hold; 4 is the lifeline's writing end, which the
 * keeper and Postgres hold. Where setpriv(1) can do it (Linux), the kernel stops Postgres when the keeper is killed;
 * elsewhere Postgres lives on and the reader still stops it in the end.
 */
const KEEPER = `
reader_script=$1 acknowledgements=$2 pid_file=$3
shift 3
if setpriv --pdeathsig INT true 2>/dev/null; then
  run() { signal=$1; shift; exec setpriv --pdeathsig "$signal" "$@"; }
else
  run() { shift; exec "$@"; }
fi
run INT "$@" 3<&- &
postgres=$!
run KILL /bin/sh -c "$reader_script" metamcp-postgres-lease "$postgres" "$acknowledgements" "$pid_file" 4>&- &
reader=$!
exec 3<&-
wait "$postgres"
kill -KILL "$reader" 2>/dev/null
wait "$reader" 2>/dev/null
` as const;

/**
 * The reader: acknowledges each line with a file of that name; at the end of file it stops Postgres (SIGINT is a fast
 * shutdown). A postmaster that has not yet written its pid file may not yet listen to signals, so the signal is repeated.
 * \`true\`, unlike \`:\`, does not end the shell when the file can't be made.
 */
const READER = `
postgres=$1 acknowledgements=$2 pid_file=$3
while read -r id; do true >"$acknowledgements/$id"; done <&3
exec 3<&-
until [ -s "$pid_file" ]; do
  kill -INT "$postgres" 2>/dev/null || exit
  sleep 0.1
done
kill -INT "$postgres" 2>/dev/null
` as const;

export interface KeeperOptions {
  readonly runAs: RunAs;
  /** The program to keep, with its arguments. */
  readonly command: readonly string[];
  readonly acknowledgements: string;
  readonly pidFile: string;
  readonly log: number;
  readonly leaseReadingEnd: number;
  readonly lifelineWritingEnd: number;
}

/** Starts the keeper in a session of its own, so that neither Ctrl-C nor the end of this process reaches it. */
export async function startKeeper(options: KeeperOptions): Promise<void> {
  const { runAs, command, acknowledgements, pidFile, log, leaseReadingEnd, lifelineWritingEnd } = options;
  const args = ['-c', KEEPER, 'metamcp-postgres-keeper', READER, acknowledgements, pidFile, ...command];
  const keeper = spawn('/bin/sh', args, {
    cwd: '/',
    env: CHILD_ENVIRONMENT,
    detached: true,
    stdio: ['ignore', log, log, leaseReadingEnd, lifelineWritingEnd],
    ...(runAs.uid !== undefined && runAs.gid !== undefined ? { uid: runAs.uid, gid: runAs.gid } : {}),
  });
  await once(keeper, 'spawn');
  keeper.unref();
}
