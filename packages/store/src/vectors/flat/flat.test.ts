import { testVectors } from '../contract.ts';
import { createTestFolder } from '../test-folder.ts';
import { openFlatVectors } from './client.ts';

testVectors('flat', async () => {
  const folder = await createTestFolder();
  return { open: () => openFlatVectors({ folder, graphs: false }) };
});
