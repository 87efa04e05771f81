import { OnnxGraph } from './onnx.ts';
import { type TfjsModel, TfjsTranslator } from './tfjs.ts';

const FIRST_CONV = 'FeatureExtractor/MobilenetV2/Conv/';
const HEADS = 6;
const CLASSES = 91;

/**
 * SSDLite-MobileNetV2 (COCO) as ONNX: `pixels` uint8 `[n,300,300,3]` RGB → `boxes` float
 * `[n,1917,4]` as top, left, bottom, right in 0–1, and `scores` float `[n,1917,90]`, column i for
 * COCO category i + 1. Suppression of overlaps is left to the caller.
 */
export function convertSsdMobilenet(model: TfjsModel): Uint8Array {
  const graph = new OnnxGraph('ssdlite-mobilenet-v2');
  graph.input('pixels', 'uint8', ['n', 300, 300, 3]);
  const cast = graph.node('Cast', ['pixels'], { to: 1 });
  const planes = graph.node('Transpose', [cast], { perm: [0, 3, 1, 2] });
  const scaled = graph.node('Mul', [planes, graph.scalar(2 / 255)]);
  const translator = new TfjsTranslator(model, graph);
  translator.bind(trunkInput(model), graph.node('Sub', [scaled, graph.scalar(1)]));

  const boxes = joinHeads(graph, translator, 'BoxEncodingPredictor', 4);
  const classes = joinHeads(graph, translator, 'ClassPredictor', CLASSES);
  const scores = graph.node('Sigmoid', [classes]);
  const foreground = [[1], [CLASSES], [2]].map((range) => int64(graph, range));
  graph.node('Slice', [scores, ...foreground], {}, 'scores');
  decodeBoxes(graph, boxes, model);
  graph.output('boxes', 'float32', ['n', 1917, 4]);
  graph.output('scores', 'float32', ['n', 1917, CLASSES - 1]);
  return graph.encode();
}

/** The node before the first convolution: TensorFlow's own scaling and resizing stop there. */
function trunkInput(model: TfjsModel): string {
  for (const node of model.nodes.values()) {
    if (node.name.startsWith(FIRST_CONV) && node.op === 'Conv2D') {
      return (node.input[0] ?? '').split(':')[0] ?? '';
    }
  }
  return model.node(FIRST_CONV).name;
}

function joinHeads(
  graph: OnnxGraph,
  translator: TfjsTranslator,
  predictor: string,
  width: number,
): string {
  const parts = Array.from({ length: HEADS }, (_, head) => {
    const raw = translator.translate(`BoxPredictor_${head}/${predictor}/BiasAdd`);
    const rows = graph.node('Transpose', [raw], { perm: [0, 2, 3, 1] });
    return graph.node('Reshape', [rows, int64(graph, [0, -1, width])]);
  });
  return graph.node('Concat', parts, { axis: 1 });
}

/** Offsets against the anchors, scaled by 10 for centres and 5 for sizes, become corners. */
function decodeBoxes(graph: OnnxGraph, encoded: string, model: TfjsModel): void {
  const anchors = model.weight('Postprocessor/ExpandDims').data;
  const count = anchors.length / 4;
  const centres = new Float32Array(count * 2);
  const sizes = new Float32Array(count * 2);
  for (let i = 0; i < count; i++) {
    for (let axis = 0; axis < 2; axis++) {
      const low = anchors[i * 4 + axis] ?? 0;
      const high = anchors[i * 4 + axis + 2] ?? 0;
      centres[i * 2 + axis] = (low + high) / 2;
      sizes[i * 2 + axis] = high - low;
    }
  }
  const centre = graph.tensor(centres, [1, count, 2]);
  const size = graph.tensor(sizes, [1, count, 2]);
  const part = (from: number): string =>
    graph.node('Slice', [
      encoded,
      int64(graph, [from]),
      int64(graph, [from + 2]),
      int64(graph, [2]),
    ]);
  const shift = graph.node('Mul', [graph.node('Mul', [part(0), graph.scalar(0.1)]), size]);
  const middle = graph.node('Add', [shift, centre]);
  const growth = graph.node('Exp', [graph.node('Mul', [part(2), graph.scalar(0.2)])]);
  const half = graph.node('Mul', [graph.node('Mul', [growth, size]), graph.scalar(0.5)]);
  const corners = [graph.node('Sub', [middle, half]), graph.node('Add', [middle, half])];
  graph.node('Concat', corners, { axis: 2 }, 'boxes');
}

function int64(graph: OnnxGraph, values: readonly number[]): string {
  return graph.tensor(BigInt64Array.from(values, BigInt), [values.length]);
}
