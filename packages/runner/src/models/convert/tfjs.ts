import { ModelError } from '../errors.ts';
import type { Attribute, OnnxGraph } from './onnx.ts';
import type { FloatTensor } from './torch-checkpoint.ts';

interface TfNode {
  readonly name: string;
  readonly op: string;
  readonly input: readonly string[];
  readonly attr: Readonly<Record<string, TfAttribute | undefined>>;
}

interface TfAttribute {
  readonly f?: number;
  readonly list?: { readonly i?: readonly (string | number)[] };
}

interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly quantization?: { readonly dtype: string; readonly scale: number; readonly min: number };
}

interface ModelJson {
  readonly modelTopology: { readonly node: readonly Partial<TfNode>[] };
  readonly weightsManifest: readonly {
    readonly paths: readonly string[];
    readonly weights: readonly WeightSpec[];
  }[];
}

/** A TensorFlow.js graph model: nodes by name and its weights as float tensors. */
export class TfjsModel {
  readonly nodes: ReadonlyMap<string, TfNode>;
  readonly weights: ReadonlyMap<string, FloatTensor>;

  private constructor(nodes: ReadonlyMap<string, TfNode>, weights: Map<string, FloatTensor>) {
    this.nodes = nodes;
    this.weights = weights;
  }

  /** `shard(path)` gives the bytes of a weight file named in model.json. */
  static parse(json: string, shard: (path: string) => Buffer): TfjsModel {
    // The shape is checked where it is used: a missing part throws inside this try.
    try {
      const model = JSON.parse(json) as ModelJson;
      const nodes = new Map<string, TfNode>();
      for (const node of model.modelTopology.node) {
        const { name = '', op = '', input = [], attr = {} } = node;
        nodes.set(name, { name, op, input, attr });
      }
      return new TfjsModel(nodes, readWeights(model, shard));
    } catch (cause) {
      if (cause instanceof ModelError) throw cause;
      throw new ModelError('format', 'not a TensorFlow.js graph model', cause);
    }
  }

  node(name: string): TfNode {
    const node = this.nodes.get(name);
    if (!node) throw new ModelError('conversion', `the graph has no node ${name}`);
    return node;
  }

  weight(name: string): FloatTensor {
    const weight = this.weights.get(name);
    if (!weight) throw new ModelError('conversion', `the graph has no weight ${name}`);
    return weight;
  }
}

function readWeights(model: ModelJson, shard: (path: string) => Buffer): Map<string, FloatTensor> {
  const weights = new Map<string, FloatTensor>();
  for (const group of model.weightsManifest) {
    const bytes = Buffer.concat(group.paths.map(shard));
    let at = 0;
    for (const spec of group.weights) {
      const { tensor, size } = readWeight(spec, bytes, at);
      weights.set(spec.name, tensor);
      at += size;
    }
    if (at !== bytes.length) throw new ModelError('format', 'weight files of a wrong length');
  }
  return weights;
}

type Scalar = 'float32' | 'int32' | 'uint16' | 'uint8';
const scalarBytes: Record<Scalar, number> = { float32: 4, int32: 4, uint16: 2, uint8: 1 };

function readWeight(
  spec: WeightSpec,
  bytes: Buffer,
  at: number,
): { tensor: FloatTensor; size: number } {
  const kind = (spec.quantization?.dtype ?? spec.dtype) as Scalar;
  const width = scalarBytes[kind];
  const count = spec.shape.reduce((product, size) => product * size, 1);
  if (!width || at + count * width > bytes.length) {
    throw new ModelError('format', `weight ${spec.name} does not fit its file`);
  }
  const { scale, min } = spec.quantization ?? { scale: 1, min: 0 };
  const data = new Float32Array(count);
  for (let i = 0; i < count; i++) data[i] = readScalar(kind, bytes, at + i * width) * scale + min;
  return { tensor: { dims: spec.shape, data }, size: count * width };
}

function readScalar(kind: Scalar, bytes: Buffer, at: number): number {
  switch (kind) {
    case 'float32':
      return bytes.readFloatLE(at);
    case 'int32':
      return bytes.readInt32LE(at);
    case 'uint16':
      return bytes.readUInt16LE(at);
    case 'uint8':
      return bytes.readUInt8(at);
    default:
      return kind satisfies never;
  }
}

/**
 * Writes the nodes that lead to a wanted TensorFlow node into an ONNX graph, once each. Activations
 * become channels-first; `bind` says which node the caller's own input replaces.
 */
export class TfjsTranslator {
  readonly #model: TfjsModel;
  readonly #graph: OnnxGraph;
  readonly #done = new Map<string, string>();

  constructor(model: TfjsModel, graph: OnnxGraph) {
    this.#model = model;
    this.#graph = graph;
  }

  bind(node: string, value: string): void {
    this.#done.set(node, value);
  }

  translate(reference: string): string {
    const name = bare(reference);
    const known = this.#done.get(name);
    if (known !== undefined) return known;
    const value = this.#write(this.#model.node(name));
    this.#done.set(name, value);
    return value;
  }

  #write(node: TfNode): string {
    const inputs = node.input.filter((input) => !input.startsWith('^'));
    const [first = '', second = ''] = inputs;
    switch (node.op) {
      case 'Const':
        return this.#perChannel(node.name);
      case 'Conv2D':
      case 'DepthwiseConv2dNative':
        return this.#conv(node, first, bare(second));
      case 'Add':
      case 'AddV2':
        return this.#graph.node('Add', [this.translate(first), this.translate(second)]);
      case 'Mul':
        return this.#graph.node('Mul', [this.translate(first), this.translate(second)]);
      case 'AddN':
        return this.#graph.node(
          'Sum',
          inputs.map((input) => this.translate(input)),
        );
      case 'BiasAdd':
        return this.#graph.node('Add', [this.translate(first), this.#perChannel(bare(second))]);
      case 'Relu6':
        return this.#clip(first);
      case 'FusedBatchNorm':
        return this.#batchNorm(node, inputs);
      default:
        throw new ModelError('conversion', `no rule for ${node.op} (${node.name})`);
    }
  }

  /** A vector over channels stands last in TensorFlow and second in ONNX. */
  #perChannel(name: string): string {
    const { dims, data } = this.#model.weight(name);
    if (dims.length > 1) throw new ModelError('conversion', `${name} is not a vector`);
    return this.#graph.tensor(data, dims.length === 0 ? [] : [1, data.length, 1, 1]);
  }

  #conv(node: TfNode, input: string, weightName: string): string {
    const weight = this.#model.weight(weightName);
    const depthwise = node.op !== 'Conv2D';
    const kernel = depthwise ? depthwiseKernel(weight) : denseKernel(weight);
    const strides = (node.attr.strides?.list?.i ?? []).slice(1, 3).map(Number);
    const attributes: Record<string, Attribute> = {
      strides,
      kernel_shape: kernel.dims.slice(2),
      group: depthwise ? (weight.dims[2] ?? 1) : 1,
      auto_pad: 'SAME_UPPER',
    };
    const inputs = [this.translate(input), this.#graph.tensor(kernel.data, kernel.dims)];
    return this.#graph.node('Conv', inputs, attributes);
  }

  #clip(input: string): string {
    const bounds = [this.#graph.scalar(0), this.#graph.scalar(6)];
    return this.#graph.node('Clip', [this.translate(input), ...bounds]);
  }

  #batchNorm(node: TfNode, inputs: readonly string[]): string {
    const vectors = inputs.slice(1, 5).map((name) => {
      const { dims, data } = this.#model.weight(bare(name));
      return this.#graph.tensor(data, dims);
    });
    return this.#graph.node('BatchNormalization', [this.translate(inputs[0] ?? ''), ...vectors], {
      epsilon: { float: node.attr.epsilon?.f ?? 1e-3 },
    });
  }
}

function bare(reference: string): string {
  return reference.replace(/^\^/, '').split(':')[0] ?? '';
}

/** HWIO → OIHW. */
function denseKernel({ dims, data }: FloatTensor): FloatTensor {
  const [h = 0, w = 0, inputs = 0, outputs = 0] = dims;
  return permute(
    data,
    [outputs, inputs, h, w],
    (o, i, y, x) => ((y * w + x) * inputs + i) * outputs + o,
  );
}

/** HWIM → (I·M)1HW. */
function depthwiseKernel({ dims, data }: FloatTensor): FloatTensor {
  const [h = 0, w = 0, inputs = 0, times = 0] = dims;
  const kernel = permute(
    data,
    [inputs, times, h, w],
    (i, m, y, x) => ((y * w + x) * inputs + i) * times + m,
  );
  return { dims: [inputs * times, 1, h, w], data: kernel.data };
}

function permute(
  data: Float32Array,
  dims: readonly [number, number, number, number],
  source: (a: number, b: number, c: number, d: number) => number,
): FloatTensor {
  const out = new Float32Array(data.length);
  let at = 0;
  for (let a = 0; a < dims[0]; a++) {
    for (let b = 0; b < dims[1]; b++) {
      for (let c = 0; c < dims[2]; c++) {
        for (let d = 0; d < dims[3]; d++) out[at++] = data[source(a, b, c, d)] ?? 0;
      }
    }
  }
  return { dims, data: out };
}
