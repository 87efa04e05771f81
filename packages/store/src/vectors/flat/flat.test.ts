import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testVectors } from '../contract.ts';
import { openFlatVectors } from './client.ts';

testVectors('flat', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vectors-'));
  return { open: () => openFlatVectors({ folder }) };
});
