import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { floats } from '../../families/session.ts';
import { OnnxGraph } from './onnx.ts';
import { TfjsModel, TfjsTranslator } from './tfjs.ts';

test('a written graph runs and gives what its nodes say', async () => {
  const graph = new OnnxGraph('test');
  graph.input('x', 'float32', ['n', 2]);
  const weights = graph.tensor(Float32Array.of(1, 2, 3, 4, 5, 6), [3, 2]);
  const bias = graph.tensor(Float32Array.of(10, 20, 30), [3]);
  graph.node('Gemm', ['x', weights, bias], { transB: 1, alpha: { float: 0.5 } }, 'y');
  graph.output('y', 'float32', ['n', 3]);
  const session = await InferenceSession.create(graph.encode(), { logSeverityLevel: 3 });
  const outputs = await session.run({
    x: new Tensor('float32', Float32Array.of(2, 4, 0, 1), [2, 2]),
  });
  expect([...floats(outputs, 'y')]).toEqual([15, 31, 47, 11, 22, 33]);
  await session.release();
});

function tfModel(op: string, weight: readonly number[], shape: readonly number[]): TfjsModel {
  const json = {
    modelTopology: {
      node: [
        { name: 'in', op: 'Placeholder' },
        { name: 'k', op: 'Const' },
        {
          name: 'out',
          op,
          input: ['in', 'k'],
          attr: { strides: { list: { i: ['1', '2', '2', '1'] } } },
        },
      ],
    },
    weightsManifest: [
      {
        paths: ['shard'],
        weights: [
          {
            name: 'k',
            shape,
            dtype: 'float32',
            quantization: { dtype: 'uint8', scale: 0.5, min: -1 },
          },
        ],
      },
    ],
  };
  return TfjsModel.parse(JSON.stringify(json), () => Buffer.from(weight));
}

test('kernels of TensorFlow.js keep their meaning: order, stride, padding, quantisation', async () => {
  // A 1×1 kernel from 2 to 1 channels, stored as bytes: 0.5 × 4 − 1 = 1 and 0.5 × 6 − 1 = 2.
  const model = tfModel('Conv2D', [4, 6], [1, 1, 2, 1]);
  const graph = new OnnxGraph('test');
  graph.input('x', 'float32', [1, 2, 3, 3]);
  const translator = new TfjsTranslator(model, graph);
  translator.bind('in', 'x');
  graph.node('Identity', [translator.translate('out')], {}, 'y');
  graph.output('y', 'float32', [1, 1, 2, 2]);
  const session = await InferenceSession.create(graph.encode(), { logSeverityLevel: 3 });
  const x = Float32Array.from({ length: 18 }, (_, i) => i);
  const outputs = await session.run({ x: new Tensor('float32', x, [1, 2, 3, 3]) });
  // Picks pixels 0, 2, 6, 8 of both planes: a + 2 (a + 9).
  expect([...floats(outputs, 'y')]).toEqual([18, 24, 36, 42]);
  await session.release();
});

test('an operation without a rule is named', () => {
  const translator = new TfjsTranslator(tfModel('LRN', [0, 0], [1, 1, 2, 1]), new OnnxGraph('t'));
  expect(() => translator.translate('out')).toThrow('no rule for LRN (out)');
});

test('weight files of a wrong length are refused', () => {
  expect(() => tfModel('Conv2D', [1], [1, 1, 2, 1])).toThrow('does not fit');
  expect(() => tfModel('Conv2D', [1, 2, 3], [1, 1, 2, 1])).toThrow('wrong length');
});
