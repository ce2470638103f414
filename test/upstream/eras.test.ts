import { describe, expect, it } from 'vitest';
import { Eras } from '../../src/upstream/eras.ts';
import { request } from '../../src/upstream/request.ts';
import { connect, failure, serverAt } from './support/connect.ts';
import { legacyScript, modernScript, rpcError, startScriptedServer, type Script } from './support/scriptedServer.ts';

const github = (revision: number) => ({ name: 'github', revision });

describe('the memory of eras', () => {
  it('holds an era for one revision of a server’s configuration', () => {
    const eras = new Eras(() => 0);
    eras.note(github(3), 'legacy');
    expect(eras.recall(github(3))).toBe('legacy');
    expect(eras.recall({ name: 'other', revision: 3 })).toBeUndefined();
    expect(eras.recall(github(4))).toBeUndefined();
  });

  it('does not let an older revision overrule a newer one', () => {
    const eras = new Eras(() => 0);
    eras.note(github(4), 'modern');
    eras.note(github(3), 'legacy');
    expect(eras.recall(github(4))).toBe('modern');
  });

  it('is kept apart for a key that has its own credential, behind which there may be another server [bridge-era-by-credential]', () => {
    const eras = new Eras(() => 0);
    const ofKey = { ...github(3), credential: 'key-1.abc' };
    eras.note(github(3), 'modern');
    eras.note(ofKey, 'legacy');
    eras.note(ofKey, 'modern', false);
    expect(eras.speaks(github(3), 'modern')).toBe(true);
    expect(eras.speaks(github(3), 'legacy')).toBeUndefined();
    expect(eras.speaks(ofKey, 'modern')).toBe(false);
    eras.forget(ofKey);
    expect(eras.recall(ofKey)).toBeUndefined();
    expect(eras.recall(github(3))).toBe('modern');
  });

  it('ends after ten minutes, however often the era was confirmed', () => {
    let now = 0;
    const eras = new Eras(() => now);
    eras.note(github(1), 'legacy');
    for (now = 0; now < 10 * 60_000; now += 60_000) {
      expect(eras.recall(github(1))).toBe('legacy');
      eras.note(github(1), 'legacy');
    }
    expect(eras.recall(github(1))).toBeUndefined();
    eras.note(github(1), 'legacy');
    expect(eras.recall(github(1))).toBe('legacy');
  });
});

describe('a server that is opened again', () => {
  it('is not probed again', async () => {
    await using server = await startScriptedServer(legacyScript());
    const eras = new Eras(() => 0);
    for (let n = 0; n < 3; n++) {
      const upstream = await connect(server.url, { eras });
      await upstream[Symbol.asyncDispose]();
    }
    expect(server.methods.filter((method) => method === 'server/discover')).toHaveLength(1);
    expect(server.methods.filter((method) => method === 'initialize')).toHaveLength(3);
  });

  it('of another era than before is served, and remembered as it is now', async () => {
    let script: Script = legacyScript();
    await using server = await startScriptedServer((seen, response) => script(seen, response));
    const eras = new Eras(() => 0);
    const open = async () => {
      await using upstream = await connect(server.url, { eras });
      await request(upstream, { method: 'tools/list' });
      return upstream.facts.era;
    };
    expect(await open()).toBe('legacy');
    script = modernScript();
    expect(await open()).toBe('modern');
    const before = server.methods.length;
    expect(await open()).toBe('modern');
    expect(server.methods.slice(before)).toEqual(['server/discover', 'tools/list']);
    script = legacyScript();
    expect(await open()).toBe('legacy');
  });

  it('is probed anew after it could not be opened', async () => {
    let script: Script = legacyScript();
    await using server = await startScriptedServer((seen, response) => script(seen, response));
    const eras = new Eras(() => 0);
    const first = await connect(server.url, { eras });
    await first[Symbol.asyncDispose]();
    script = legacyScript({
      initialize: (seen, response) => rpcError(seen, response, 500, { code: -32_603, message: 'no' }),
    });
    await failure(connect(server.url, { eras }));
    expect(eras.recall(serverAt(server.url))).toBeUndefined();
    script = modernScript();
    await using again = await connect(server.url, { eras });
    expect(again.facts.era).toBe('modern');
  });
});
