import { createServer } from 'node:http';
import Koa from 'koa';
import { createForward } from './forward.ts';
import { serveMeasured } from './measuredProcess.ts';

// The upper floor: the same pass-through under Koa, with a token that is looked up in memory.

const forward = createForward(process.env['UPSTREAM'] ?? '');
const tokens = new Map([[`Bearer ${process.env['TOKEN'] ?? ''}`, { scope: 'mcp' }]]);

const app = new Koa();
app.use(async (ctx, next) => {
  if (tokens.get(ctx.get('authorization'))?.scope !== 'mcp') ctx.throw(401);
  await next();
});
app.use((ctx) => {
  ctx.respond = false;
  forward(ctx.req, ctx.res);
});
app.silent = true;
const handle = app.callback();
serveMeasured(createServer((req, res) => void handle(req, res)));
