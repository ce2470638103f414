import { createServer } from 'node:http';
import Koa from 'koa';
import { Pool } from 'undici';
import { serveMeasured } from './measuredProcess.ts';

// For comparison, no floor: the pass-through as one would write it with Koa, its response handling and undici's `request`.

const pool = new Pool(process.env['UPSTREAM'] ?? '', { connections: null, pipelining: 1 });
const tokens = new Map([[`Bearer ${process.env['TOKEN'] ?? ''}`, { scope: 'mcp' }]]);

const app = new Koa();
app.use(async (ctx, next) => {
  if (tokens.get(ctx.get('authorization'))?.scope !== 'mcp') ctx.throw(401);
  await next();
});
app.use(async (ctx) => {
  const { host: _host, connection: _connection, authorization: _authorization, ...headers } = ctx.req.headers;
  const answer = await pool.request({ path: ctx.url, method: ctx.method, headers, body: ctx.req });
  ctx.status = answer.statusCode;
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value !== undefined && name !== 'connection' && name !== 'keep-alive') ctx.set(name, value);
  }
  ctx.body = answer.body;
});
app.silent = true;
const handle = app.callback();
serveMeasured(createServer((req, res) => void handle(req, res)));
