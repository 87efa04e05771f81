import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readPickle } from './pickle.ts';
import { readTorchCheckpoint } from './torch-checkpoint.ts';

// Both files were written by torch.save from the same dictionary: a plain tensor, a permuted view,
// a stepped slice of the same storage, a scalar and an integer counter.
const fixtures = ['stream.pth', 'zip.pth'];

test.each(fixtures)('reads float tensors of %s as PyTorch shows them', async (name) => {
  const tensors = await readTorchCheckpoint(join(import.meta.dirname, 'fixtures', name));
  expect([...tensors.keys()]).toEqual(['plain', 'strided', 'slice', 'scalar']);
  expect(tensors.get('plain')).toEqual({ dims: [2], data: Float32Array.of(1.5, -2) });
  expect(tensors.get('slice')).toEqual({ dims: [2, 2], data: Float32Array.of(16, 18, 20, 22) });
  expect(tensors.get('scalar')).toEqual({ dims: [], data: Float32Array.of(7) });
  const strided = [0, 4, 8, 12, 16, 20].flatMap((v) => [v]);
  expect(tensors.get('strided')?.dims).toEqual([4, 2, 3]);
  expect([...(tensors.get('strided')?.data ?? [])]).toEqual(
    [0, 1, 2, 3].flatMap((shift) => strided.map((v) => v + shift)),
  );
});

test.each(fixtures)('refuses every truncation of %s', async (name) => {
  const bytes = await readFile(join(import.meta.dirname, 'fixtures', name));
  const dir = await mkdtemp(join(tmpdir(), 'limpid-'));
  const path = join(dir, name);
  for (let length = 4; length < bytes.length; length += 97) {
    await writeFile(path, bytes.subarray(0, length));
    await expect(readTorchCheckpoint(path)).rejects.toThrow();
  }
  await rm(dir, { recursive: true });
});

test('runs no function that is not on the list', () => {
  const host = { globals: new Map(), persistent: () => null };
  const attack = Buffer.from('cos\nsystem\n(X\x02\0\0\0idtR.', 'latin1');
  expect(() => readPickle(attack, 0, host)).toThrow('pickle names "os system"');
  // STACK_GLOBAL and INST would reach functions another way.
  for (const op of ['\x93', 'i', 'o', '\x81', '\x84']) {
    expect(() => readPickle(Buffer.from(`(${op}`, 'latin1'), 0, host)).toThrow('not allowed');
  }
});

test('refuses a tensor that reaches outside its storage', async () => {
  const bytes = await readFile(join(import.meta.dirname, 'fixtures/stream.pth'));
  const dir = await mkdtemp(join(tmpdir(), 'limpid-'));
  const path = join(dir, 'x.pth');
  // The slice's offset 16 (BININT1 0x10 after its storage id) becomes 200.
  const at = bytes.indexOf(Buffer.from([0x51, 0x4b, 0x10]));
  expect(at).toBeGreaterThan(0);
  bytes[at + 2] = 200;
  await writeFile(path, bytes);
  await expect(readTorchCheckpoint(path)).rejects.toThrow('outside its storage');
  await rm(dir, { recursive: true });
});
