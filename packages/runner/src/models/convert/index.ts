import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeClasses } from '../../families/joint-space.ts';
import { MiniLm } from '../../families/minilm.ts';
import { ModelError } from '../errors.ts';
import type { ConversionId } from '../manifest.ts';
import { bertVocabulary } from './bert-vocabulary.ts';
import { convertEfficientNetLite0 } from './efficientnet-lite.ts';
import { convertSsdMobilenet } from './ssd-mobilenet.ts';
import { TfjsModel } from './tfjs.ts';
import { readTorchCheckpoint } from './torch-checkpoint.ts';

export interface ConversionContext {
  /** Folder of another pack, already pulled. */
  readonly pack: (id: string) => string;
  /** A folder for files that live only during the conversion. */
  readonly scratch: string;
}

type Members = ReadonlyMap<string, Buffer>;
type Files = ReadonlyMap<string, Uint8Array>;

/** Turns what was downloaded into the files of a pack. */
export async function convert(
  id: ConversionId,
  members: Members,
  context: ConversionContext,
): Promise<Files> {
  switch (id) {
    case 'copy':
      return members;
    case 'efficientnet-lite0':
      return new Map([['model.onnx', await fromCheckpoint(need(members, 'weights.pth'), context)]]);
    case 'ssd-mobilenet': {
      const json = need(members, 'model.json').toString('utf8');
      const model = TfjsModel.parse(json, (path) => need(members, path));
      return new Map([['model.onnx', convertSsdMobilenet(model)]]);
    }
    case 'minilm':
      return new Map([
        ['model.onnx', need(members, 'model.onnx')],
        ['vocab.txt', members.get('vocab.txt') ?? bertVocabulary(need(members, 'vocab.json'))],
      ]);
    case 'imagenet-text-space': {
      await using network = await MiniLm.open(context.pack('minilm-l6-v2'), 1);
      return await describeClasses(network);
    }
    default:
      return id satisfies never;
  }
}

async function fromCheckpoint(bytes: Buffer, context: ConversionContext): Promise<Uint8Array> {
  const path = join(context.scratch, `checkpoint-${process.pid}.pth`);
  try {
    await writeFile(path, bytes);
    return convertEfficientNetLite0(await readTorchCheckpoint(path));
  } finally {
    await rm(path, { force: true });
  }
}

function need(members: Members, name: string): Buffer {
  const bytes = members.get(name);
  if (!bytes) throw new ModelError('conversion', `no ${name} to convert`);
  return bytes;
}
