import {
  type ArchiveEntry,
  ArchiveError,
  type ArchiveSource,
  readExactly,
  UnpackBudget,
} from './entry.ts';
import { readTar } from './read-tar.ts';
import { readZip } from './read-zip.ts';

/** The files in an archive, told by its bytes and not by its name, always in the same order. */
export async function* readArchive(source: ArchiveSource): AsyncGenerator<ArchiveEntry> {
  const head = await readExactly(source, 0, Math.min(source.size, 512));
  const budget = new UnpackBudget(source.size);
  const begins = (...bytes: number[]) => bytes.every((byte, at) => head[at] === byte);
  if (begins(0x50, 0x4b, 3, 4) || begins(0x50, 0x4b, 5, 6)) yield* readZip(source, budget);
  else if (begins(0x1f, 0x8b)) yield* readTar(source, budget, true);
  else if (head.toString('latin1', 257, 262) === 'ustar') yield* readTar(source, budget, false);
  else throw new ArchiveError('the upload is neither a ZIP nor a tar file');
}
