import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { DOCUMENT, protocolDocument } from './protocolDocument.ts';

test('docs/protocol.md is what the matrix says; node test/square/protocolDocument.ts writes it [bridge-square]', async () => {
  expect(await readFile(DOCUMENT, 'utf8')).toBe(await protocolDocument());
});
