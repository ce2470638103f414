import { spawn } from 'node:child_process';
import { closeSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** A small legacy server with one oddity, which its first argument names. */
const [oddity = '', token = ''] = process.argv.slice(2);
/** What it starts has the second argument in its command line. */
const SLEEPER = `setInterval(() => {}, 1e9) // ${token}`;

/** With it 1,200 tools take 10 MB, in a million texts. */
const DENSE = Object.fromEntries(
  Array.from({ length: 150 }, (_, n) => [`argument_${String(n)}`, { type: 'string', enum: ['one', 'two'] }]),
);

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly name?: string; readonly text?: string };
}

const send = (message: object): void =>
  void process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);

function flood(text: string, output: NodeJS.WriteStream): void {
  const many = text.repeat(100);
  const more = (): void => {
    while (output.write(many));
    output.once('drain', more);
  };
  more();
}

function answer({ id, method: asked, params }: Message): void {
  // What it does beside the protocol can be asked for as a tool, too.
  const method = asked === 'tools/call' ? params?.name : asked;
  if (method === 'initialize') {
    const result = {
      protocolVersion: '2025-11-25',
      capabilities: { tools: {} },
      serverInfo: { name: 'odd', version: '1' },
    };
    send({ id, result });
    if (oddity === 'deaf') {
      process.stdin.pause();
      // Without its input nothing keeps the process alive.
      setInterval(() => undefined, 1_000_000);
    }
  } else if (method === 'tools/list' && oddity === 'unlisted') {
    // No answer.
  } else if (method === 'tools/list') {
    const size = { list: 10_000, dense: 1_200 }[oddity] ?? 1;
    const tools = Array.from({ length: size }, (_, n) => ({
      name: `tool-${String(n)}`,
      description: 'x'.repeat(oddity === 'list' ? 1_000 : 1),
      inputSchema: { type: 'object', ...(oddity === 'dense' && { properties: DENSE }) },
    }));
    send({ id, result: { tools } });
  } else if (method === 'env') {
    send({ id, result: { env: process.env, argv: process.argv, cwd: process.cwd() } });
  } else if (method === 'crash') {
    process.stderr.write(`it broke, with ${process.env['TOKEN'] ?? 'nothing'}\n`);
    process.exit(3);
  } else if (method === 'pid') {
    send({ id, result: { pid: process.pid, content: [] } });
  } else if (method === 'write') {
    // Bytes as characters of Latin-1, in which ID stands for the request's.
    process.stdout.write(Buffer.from((params?.text ?? '').replaceAll('ID', String(id)), 'latin1'));
  } else if (method === 'endless') flood('x'.repeat(100), process.stdout);
  else if (method === 'hang' || (oddity === 'silent' && method === 'server/discover')) {
    // No answer.
  } else if (id !== undefined && asked !== undefined)
    send({ id, error: { code: -32_601, message: `no ${asked} ${String(params?.name)}` } });
}

if (oddity === 'exits') {
  process.stderr.write('no licence\n');
  process.exit(7);
}
if (oddity === 'ends-at-probe') {
  createInterface({ input: process.stdin }).once('line', (line) => {
    if ((JSON.parse(line) as Message).method !== 'initialize') process.exit(1);
  });
}
if (oddity === 'ignores-term' || oddity === 'stays') setInterval(() => undefined, 1e9);
if (oddity === 'ignores-term') process.on('SIGTERM', () => undefined);
if (oddity === 'clears') spawn(process.execPath, ['-e', SLEEPER], { stdio: 'ignore', detached: true, env: {} }).unref();
if (oddity === 'hides') {
  // A child of its group; one in a session of its own; one that has lost its parent, too; and one that has cleared its environment in addition.
  spawn(process.execPath, ['-e', SLEEPER], { stdio: 'ignore' });
  spawn(process.execPath, ['-e', SLEEPER], { stdio: 'ignore', detached: true }).unref();
  spawn('/bin/sh', ['-c', `"$1" -e "$2" & exit`, 'sh', process.execPath, SLEEPER], {
    stdio: 'ignore',
    detached: true,
  }).unref();
  spawn('/bin/sh', ['-c', `"$1" -e "$2" & exit`, 'sh', process.execPath, SLEEPER], {
    detached: true,
    env: {},
    stdio: 'inherit',
  }).unref();
}
if (oddity === 'garbage') {
  process.stdout.write('Welcome!\n\n{"jsonrpc":"2.0"\n[]\n{"jsonrpc":"1.0","id":1}\n');
  writeSync(1, Buffer.of(0x7b, 0xff, 0xfe, 0x0a));
}
if (oddity === 'closes-output') closeSync(1);
/** What it writes for ever, as fast as it is read. */
const FLOODS: Readonly<Record<string, string>> = {
  floods: '{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n',
  logs: `{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"${'x'.repeat(100)}"}}\n`,
  pings: '{"jsonrpc":"2.0","id":"again","method":"ping"}\n',
  answers: '{"jsonrpc":"2.0","id":"nobody","result":{}}\n',
  raves: 'All work and no play makes Jack a dull boy\n',
};
const [text, output] = oddity === 'shouts' ? [FLOODS['raves'], process.stderr] : [FLOODS[oddity], process.stdout];
if (text !== undefined) flood(text, output);
// Bounds of what is looked at fall within the secret wherever they are.
if (oddity === 'tells') {
  for (const output of [process.stderr, process.stdout])
    output.write(`${`${process.env['TOKEN'] ?? ''} and more, `.repeat(10_000)}\n`);
}
if (oddity === 'talks') for (let n = 0; n < 500; n++) process.stderr.write(`line ${String(n)}\n`);

createInterface({ input: process.stdin })
  .on('line', (line) => answer(JSON.parse(line) as Message))
  .on('close', () => {
    if (oddity !== 'ignores-term' && oddity !== 'stays' && oddity !== 'hides') process.exit(0);
  });
