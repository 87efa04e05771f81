import { open, readFile } from 'node:fs/promises';
import { ZipReader } from '../archive/zip.ts';
import { ModelError } from '../errors.ts';
import { type PickleHost, type PickleObject, type PickleValue, readPickle } from './pickle.ts';

/** A dense float tensor, row-major. */
export interface FloatTensor {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

interface StorageType extends PickleObject {
  readonly kind: 'storage-type';
  readonly bytes: number;
  readonly float: boolean;
}
interface StorageRef extends PickleObject {
  readonly kind: 'storage';
  readonly type: StorageType;
  readonly key: string;
  readonly length: number;
}
interface TensorRef extends PickleObject {
  readonly kind: 'tensor';
  readonly storage: StorageRef;
  readonly offset: number;
  readonly dims: readonly number[];
  readonly strides: readonly number[];
}

const MAGIC = 0x1950a86a20f9469cfc6cn;
const MAX_STORAGE = 1 << 30;

/**
 * Reads the float tensors of a state dict saved by PyTorch, in the ZIP form and in the older
 * stream form. Runs no code of the file: see `readPickle`.
 */
export async function readTorchCheckpoint(path: string): Promise<Map<string, FloatTensor>> {
  const file = await open(path, 'r');
  const head = Buffer.alloc(4);
  try {
    await file.read(head, 0, 4, 0);
  } finally {
    await file.close();
  }
  return head.readUInt32LE(0) === 0x04034b50 ? readZipForm(path) : readStreamForm(path);
}

async function readZipForm(path: string): Promise<Map<string, FloatTensor>> {
  await using zip = await ZipReader.open(path);
  const index = [...zip.entries.keys()].find((name) => name.endsWith('/data.pkl'));
  if (!index) throw new ModelError('format', 'not a PyTorch checkpoint');
  const root = index.slice(0, -'data.pkl'.length);
  const { value } = readPickle(await zip.read(index, MAX_STORAGE), 0, torchHost());
  const storages = new Map<string, Buffer>();
  for (const tensor of tensorsOf(value).values()) {
    const { key } = tensor.storage;
    if (!storages.has(key)) storages.set(key, await zip.read(`${root}data/${key}`, MAX_STORAGE));
  }
  return gatherAll(tensorsOf(value), storages);
}

async function readStreamForm(path: string): Promise<Map<string, FloatTensor>> {
  const bytes = await readFile(path);
  const host = torchHost();
  const magic = readPickle(bytes, 0, host);
  if (magic.value !== MAGIC) throw new ModelError('format', 'not a PyTorch checkpoint');
  const version = readPickle(bytes, magic.end, host);
  const system = readPickle(bytes, version.end, host);
  const state = readPickle(bytes, system.end, host);
  const keys = readPickle(bytes, state.end, host);
  if (!Array.isArray(keys.value)) throw new ModelError('format', 'no storage list');
  const sizes = new Map<string, number>();
  for (const { storage } of tensorsOf(state.value, true).values()) {
    sizes.set(storage.key, storage.type.bytes);
  }
  const storages = new Map<string, Buffer>();
  let at = keys.end;
  for (const key of keys.value) {
    if (typeof key !== 'string' || at + 8 > bytes.length) {
      throw new ModelError('format', 'bad storage list');
    }
    const length = Number(bytes.readBigInt64LE(at)) * (sizes.get(key) ?? 0);
    if (length < 0 || at + 8 + length > bytes.length) {
      throw new ModelError('format', 'truncated checkpoint');
    }
    storages.set(key, bytes.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return gatherAll(tensorsOf(state.value), storages);
}

function torchHost(): PickleHost {
  const storageType = (bytes: number, float: boolean) => (): PickleValue => {
    const type: StorageType = { kind: 'storage-type', bytes, float };
    return type;
  };
  return {
    globals: new Map([
      ['collections OrderedDict', (): PickleValue => new Map()],
      ['torch._utils _rebuild_tensor_v2', rebuildTensor],
      ['torch FloatStorage', storageType(4, true)],
      ['torch LongStorage', storageType(8, false)],
    ]),
    persistent: readStorageRef,
  };
}

function readStorageRef(id: PickleValue): PickleValue {
  if (!Array.isArray(id) || id[0] !== 'storage') throw new ModelError('format', 'bad storage id');
  const [, type, key, , length] = id;
  // The type arrives as the un-called global: calling it yields its description.
  const described = isKind(type, 'global')
    ? (type as PickleObject & { call: (args: readonly PickleValue[]) => PickleValue }).call([])
    : null;
  if (!isKind(described, 'storage-type') || typeof key !== 'string' || typeof length !== 'number') {
    throw new ModelError('format', 'bad storage id');
  }
  const ref: StorageRef = { kind: 'storage', type: described as StorageType, key, length };
  return ref;
}

function rebuildTensor(args: readonly PickleValue[]): PickleValue {
  const [storage, offset, dims, strides] = args;
  if (!isKind(storage, 'storage') || typeof offset !== 'number') {
    throw new ModelError('format', 'bad tensor');
  }
  const ref: TensorRef = {
    kind: 'tensor',
    storage: storage as StorageRef,
    offset,
    dims: numbers(dims),
    strides: numbers(strides),
  };
  return ref;
}

function tensorsOf(state: PickleValue, all = false): Map<string, TensorRef> {
  if (!(state instanceof Map)) throw new ModelError('format', 'not a state dict');
  const tensors = new Map<string, TensorRef>();
  for (const [name, value] of state) {
    if (typeof name !== 'string' || !isKind(value, 'tensor')) continue;
    const tensor = value as TensorRef;
    if (all || tensor.storage.type.float) tensors.set(name, tensor);
  }
  return tensors;
}

function gatherAll(
  tensors: ReadonlyMap<string, TensorRef>,
  storages: ReadonlyMap<string, Buffer>,
): Map<string, FloatTensor> {
  const out = new Map<string, FloatTensor>();
  for (const [name, tensor] of tensors) {
    const storage = storages.get(tensor.storage.key);
    if (!storage) throw new ModelError('format', `no storage for ${name}`);
    out.set(name, gather(tensor, storage));
  }
  return out;
}

/** Copies a strided view into row-major order; checkpoints made from TensorFlow are not contiguous. */
function gather(tensor: TensorRef, storage: Buffer): FloatTensor {
  const { dims, strides, offset } = tensor;
  const count = dims.reduce((product, size) => product * size, 1);
  const last = dims.reduce((sum, size, d) => sum + (size - 1) * (strides[d] ?? 0), offset);
  if (dims.length !== strides.length || offset < 0 || (last + 1) * 4 > storage.length) {
    throw new ModelError('format', 'a tensor reaches outside its storage');
  }
  const aligned = new Float32Array(Uint8Array.from(storage).buffer);
  const data = new Float32Array(count);
  const index = new Array<number>(dims.length).fill(0);
  let source = offset;
  for (let i = 0; i < count; i++) {
    data[i] = aligned[source] ?? 0;
    for (let d = dims.length - 1; d >= 0; d--) {
      const step = strides[d] ?? 0;
      const next = (index[d] ?? 0) + 1;
      source += step;
      if (next < (dims[d] ?? 0)) {
        index[d] = next;
        break;
      }
      index[d] = 0;
      source -= step * next;
    }
  }
  return { dims, data };
}

function numbers(value: PickleValue | undefined): number[] {
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'number' && item >= 0)) {
    throw new ModelError('format', 'bad tensor shape');
  }
  return value.map(Number);
}

function isKind(value: PickleValue | undefined, kind: string): value is PickleObject {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind;
}
