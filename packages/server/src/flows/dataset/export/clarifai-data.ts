// The platform's own format: InputBatch messages, as protobuf or as JSON. Clients read how many inputs there are from
// the names, and what kind of archive it is from its first entry.
import { create, encodeJson, InputBatchSchema, toBinary } from '@limpid/wire';
import type { ZipEntry } from '../../archive/write-zip.ts';
import { type ExportSource, snapshotBatches } from './snapshot-inputs.ts';

const folder = 'all';

export async function* protobufEntries(source: ExportSource): AsyncGenerator<ZipEntry> {
  yield mimetype('application/x.clarifai-data+protobuf');
  for await (const { name, batch } of batches(source))
    yield { name, data: toBinary(InputBatchSchema, batch) };
}

export async function* jsonEntries(source: ExportSource): AsyncGenerator<ZipEntry> {
  yield mimetype('application/x.clarifai-data+json');
  for await (const { name, batch } of batches(source))
    yield { name, data: Buffer.from(encodeJson(InputBatchSchema, batch)) };
}

function mimetype(type: string): ZipEntry {
  return { name: 'mimetype', stored: Buffer.from(type) };
}

async function* batches(source: ExportSource) {
  let number = 0;
  for await (const items of snapshotBatches(source)) {
    number += 1;
    const batch = create(InputBatchSchema, { inputs: items.map(({ input }) => input) });
    yield { name: `${folder}/${String(number).padStart(8, '0')}_n${items.length}`, batch };
  }
}
