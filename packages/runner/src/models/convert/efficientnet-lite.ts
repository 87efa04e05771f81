import { ModelError } from '../errors.ts';
import { OnnxGraph } from './onnx.ts';
import type { FloatTensor } from './torch-checkpoint.ts';

interface Stage {
  readonly repeats: number;
  readonly kernel: number;
  readonly stride: number;
  readonly expand: number;
}

/** EfficientNet-Lite0, from the paper's table: no squeeze-and-excitation, ReLU6 everywhere. */
const lite0: readonly Stage[] = [
  { repeats: 1, kernel: 3, stride: 1, expand: 1 },
  { repeats: 2, kernel: 3, stride: 2, expand: 6 },
  { repeats: 2, kernel: 5, stride: 2, expand: 6 },
  { repeats: 3, kernel: 3, stride: 2, expand: 6 },
  { repeats: 3, kernel: 5, stride: 1, expand: 6 },
  { repeats: 4, kernel: 5, stride: 2, expand: 6 },
  { repeats: 1, kernel: 3, stride: 1, expand: 6 },
];

const BATCH_NORM_EPSILON = 1e-3;

/**
 * EfficientNet-Lite0 as ONNX: `pixels` uint8 `[n,224,224,3]` RGB → `features` float `[n,1280]`
 * (mean-pooled, non-negative) and `logits` float `[n,1000]`. Scaling to (p − 127) / 128 is inside.
 */
export function convertEfficientNetLite0(weights: ReadonlyMap<string, FloatTensor>): Uint8Array {
  const net = new Net(weights);
  const { graph } = net;
  graph.input('pixels', 'uint8', ['n', 224, 224, 3]);
  const cast = graph.node('Cast', ['pixels'], { to: 1 });
  const planes = graph.node('Transpose', [cast], { perm: [0, 3, 1, 2] });
  const centred = graph.node('Sub', [planes, graph.scalar(127)]);
  let x = graph.node('Mul', [centred, graph.scalar(1 / 128)]);
  x = net.relu6(net.convNorm(x, '_conv_stem', '_bn0', { kernel: 3, stride: 2 }));
  let block = 0;
  for (const stage of lite0) {
    for (let i = 0; i < stage.repeats; i++) {
      const stride = i === 0 ? stage.stride : 1;
      x = net.mobileBlock(x, `_blocks.${block++}`, { ...stage, stride }, i > 0);
    }
  }
  x = net.relu6(net.convNorm(x, '_conv_head', '_bn1', { kernel: 1, stride: 1 }));
  const pooled = graph.node('GlobalAveragePool', [x]);
  const features = graph.node('Flatten', [pooled], {}, 'features');
  graph.node(
    'Gemm',
    [features, net.weight('_fc.weight'), net.weight('_fc.bias')],
    { transB: 1 },
    'logits',
  );
  graph.output('features', 'float32', ['n', 1280]);
  graph.output('logits', 'float32', ['n', 1000]);
  return graph.encode();
}

interface ConvShape {
  readonly kernel: number;
  readonly stride: number;
  readonly depthwise?: boolean;
}

class Net {
  readonly graph = new OnnxGraph('efficientnet-lite0');
  readonly #weights: ReadonlyMap<string, FloatTensor>;
  readonly #six: readonly [string, string];

  constructor(weights: ReadonlyMap<string, FloatTensor>) {
    this.#weights = weights;
    this.#six = [this.graph.scalar(0), this.graph.scalar(6)];
  }

  /** Inverted residual: expand, depthwise, project, and a skip where the shape is kept. */
  mobileBlock(input: string, name: string, stage: Stage, skip: boolean): string {
    let x = input;
    if (stage.expand !== 1) {
      const expanded = this.convNorm(x, `${name}._expand_conv`, `${name}._bn0`, {
        kernel: 1,
        stride: 1,
      });
      x = this.relu6(expanded);
    }
    const depthwise = this.convNorm(x, `${name}._depthwise_conv`, `${name}._bn1`, {
      kernel: stage.kernel,
      stride: stage.stride,
      depthwise: true,
    });
    x = this.convNorm(this.relu6(depthwise), `${name}._project_conv`, `${name}._bn2`, {
      kernel: 1,
      stride: 1,
    });
    return skip ? this.graph.node('Add', [x, input]) : x;
  }

  convNorm(input: string, conv: string, norm: string, shape: ConvShape): string {
    const kernel = this.#get(`${conv}.weight`);
    const out = this.graph.node('Conv', [input, this.graph.tensor(kernel.data, kernel.dims)], {
      kernel_shape: [shape.kernel, shape.kernel],
      strides: [shape.stride, shape.stride],
      group: shape.depthwise ? (kernel.dims[0] ?? 1) : 1,
      // TensorFlow's "same": an odd pixel of padding goes to the lower right.
      auto_pad: 'SAME_UPPER',
    });
    const parts = ['weight', 'bias', 'running_mean', 'running_var'] as const;
    return this.graph.node(
      'BatchNormalization',
      [out, ...parts.map((part) => this.weight(`${norm}.${part}`))],
      { epsilon: { float: BATCH_NORM_EPSILON } },
    );
  }

  relu6(input: string): string {
    return this.graph.node('Clip', [input, ...this.#six]);
  }

  weight(name: string): string {
    const tensor = this.#get(name);
    return this.graph.tensor(tensor.data, tensor.dims);
  }

  #get(name: string): FloatTensor {
    const tensor = this.#weights.get(name);
    if (!tensor) throw new ModelError('conversion', `the checkpoint has no ${name}`);
    return tensor;
  }
}
