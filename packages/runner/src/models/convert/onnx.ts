/** Writes ONNX files: the few protobuf messages of the format that our converters need. */

export type ElementType = 'float32' | 'uint8' | 'int64';
const elementCodes: Record<ElementType, number> = { float32: 1, uint8: 2, int64: 7 };

/** A number is a fixed size, a string names a free dimension such as the batch. */
export type Dimension = number | string;

/** Plain numbers become `int`, wrapped ones `float`: JavaScript cannot tell 1 from 1.0. */
export type Attribute = number | string | readonly number[] | { readonly float: number };

const IR_VERSION = 9;
const OPSET = 17;

/** Collects a graph node by node. Every method returns the name of the value it makes. */
export class OnnxGraph {
  readonly #name: string;
  readonly #nodes: Uint8Array[] = [];
  readonly #tensors: Uint8Array[] = [];
  readonly #inputs: Uint8Array[] = [];
  readonly #outputs: Uint8Array[] = [];
  #next = 0;

  constructor(name: string) {
    this.#name = name;
  }

  input(name: string, type: ElementType, dims: readonly Dimension[]): string {
    this.#inputs.push(valueInfo(name, type, dims));
    return name;
  }

  output(name: string, type: ElementType, dims: readonly Dimension[]): void {
    this.#outputs.push(valueInfo(name, type, dims));
  }

  tensor(data: Float32Array | BigInt64Array, dims: readonly number[]): string {
    const name = `w${this.#next++}`;
    const type = data instanceof Float32Array ? 'float32' : 'int64';
    const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.#tensors.push(
      message([
        varints(1, dims),
        varint(2, elementCodes[type]),
        bytes(8, utf8(name)),
        bytes(9, raw),
      ]),
    );
    return name;
  }

  scalar(value: number): string {
    return this.tensor(Float32Array.of(value), []);
  }

  node(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    output = `v${this.#next++}`,
  ): string {
    this.#nodes.push(
      message([
        ...inputs.map((name) => bytes(1, utf8(name))),
        bytes(2, utf8(output)),
        bytes(3, utf8(`${op}_${output}`)),
        bytes(4, utf8(op)),
        ...Object.entries(attributes).map(([key, value]) => bytes(5, attribute(key, value))),
      ]),
    );
    return output;
  }

  /** The finished file. */
  encode(): Uint8Array {
    const graph = message([
      ...this.#nodes.map((node) => bytes(1, node)),
      bytes(2, utf8(this.#name)),
      ...this.#tensors.map((tensor) => bytes(5, tensor)),
      ...this.#inputs.map((input) => bytes(11, input)),
      ...this.#outputs.map((output) => bytes(12, output)),
    ]);
    return message([
      varint(1, IR_VERSION),
      bytes(2, utf8('limpid')),
      bytes(7, graph),
      bytes(8, message([bytes(1, utf8('')), varint(2, OPSET)])),
    ]);
  }
}

function attribute(name: string, value: Attribute): Uint8Array {
  const head = bytes(1, utf8(name));
  if (typeof value === 'number') return message([head, varint(3, value), varint(20, 2)]);
  if (typeof value === 'string') return message([head, bytes(4, utf8(value)), varint(20, 3)]);
  if ('float' in value) return message([head, float(2, value.float), varint(20, 1)]);
  return message([head, varints(8, value), varint(20, 7)]);
}

function valueInfo(name: string, type: ElementType, dims: readonly Dimension[]): Uint8Array {
  const shape = dims.map((dim) =>
    bytes(1, message([typeof dim === 'number' ? varint(1, dim) : bytes(2, utf8(dim))])),
  );
  const tensorType = message([varint(1, elementCodes[type]), bytes(2, message(shape))]);
  return message([bytes(1, utf8(name)), bytes(2, message([bytes(1, tensorType)]))]);
}

type Chunk = readonly Uint8Array[];

function message(fields: readonly Chunk[]): Uint8Array {
  return new Uint8Array(Buffer.concat(fields.flat()));
}

function bytes(field: number, value: Uint8Array): Chunk {
  return [encodeVarint(field * 8 + 2), encodeVarint(value.length), value];
}

function varint(field: number, value: number): Chunk {
  return [encodeVarint(field * 8), encodeVarint(value)];
}

function varints(field: number, values: readonly number[]): Chunk {
  return values.flatMap((value) => varint(field, value));
}

function float(field: number, value: number): Chunk {
  const raw = new Uint8Array(4);
  new DataView(raw.buffer).setFloat32(0, value, true);
  return [encodeVarint(field * 8 + 5), raw];
}

function encodeVarint(value: number): Uint8Array {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 0x7fn) {
    out.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  out.push(Number(rest));
  return Uint8Array.from(out);
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
