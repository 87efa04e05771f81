import quality from './data/quality.json' with { type: 'json' };
import type { ModelCard, ModelManifest, Quality } from './manifest.ts';

type Card = Omit<ModelCard, 'quality'>;

/** Figures that tools/quality/measure.ts wrote. */
function card(id: string, text: Card): ModelCard {
  const figures: Readonly<Record<string, readonly Quality[] | undefined>> = quality;
  return { ...text, quality: figures[id] ?? [] };
}

/** The models of user `clarifai`, app `main`, that run on weights or code of ours. */
export const modelManifests: readonly ModelManifest[] = [
  {
    id: 'general-image-recognition',
    name: 'General Image Recognition',
    versions: ['aa7f35c01e0642fda5cf400f543e7c40', 'aa9ca48295b37401f8af92ad1af0d91d'],
    aliases: ['aaa03c23b3724a16a56b629203edc62c'],
    modelTypeId: 'visual-classifier',
    family: 'image-classifier',
    packs: ['efficientnet-lite0', 'ssdlite-mobilenet-v2-coco'],
    inputs: ['image'],
    output: 'concepts',
    core: true,
    card: card('general-image-recognition', {
      description:
        'Names what a picture shows: the 1,000 ImageNet classes, 186 everyday words that each sum the classes below them in WordNet, and the 80 COCO categories by detection, people among them.',
      intendedUse:
        'Tagging and filtering photographs of people, animals, things, food and vehicles.',
      limits:
        'Actions, moods, ages and named places are not among its concepts. One main subject works best; drawings score lower than photographs.',
    }),
  },
  {
    id: 'general-image-embedding',
    name: 'General Image Embedding',
    versions: ['bb186755eda04f9cbb6fe32e816be104'],
    aliases: ['bbb5f41425b8468d9b7a554ff10f8581'],
    modelTypeId: 'visual-embedder',
    family: 'image-embedder',
    packs: ['efficientnet-lite0'],
    inputs: ['image'],
    output: 'embeddings',
    dimensions: 1280,
    core: true,
    card: card('general-image-embedding', {
      description:
        'Turns a picture into 1,280 numbers so that like pictures lie close: pooled EfficientNet-Lite0 features, square-rooted, centred, of unit length.',
      intendedUse:
        'Search by picture, finding duplicates, and as the base of classifiers of your own.',
      limits: 'Sees the whole picture at 224 × 224 pixels: small details do not count.',
    }),
  },
  {
    id: 'general-clusterering',
    name: 'General Clustering',
    versions: ['cc2074cff6dc4c02b6f4e1b8606dcb54'],
    aliases: [],
    modelTypeId: 'clusterer',
    family: 'image-clusterer',
    packs: ['efficientnet-lite0'],
    inputs: ['image'],
    output: 'clusters',
    core: true,
    card: card('general-clusterering', {
      description:
        'Assigns a picture, or an embedding of general-image-embedding, to one of 64 fixed clusters and a place on a map.',
      intendedUse: 'Grouping a collection before anything is labelled; the map of the explorer.',
      limits:
        'The clusters come from clip art and teaching pictures and do not adapt to your data.',
    }),
  },
  {
    id: 'general-image-detection',
    name: 'General Image Detection',
    versions: ['d2c1a5f0e94b47b8a6c3f7185be2904d'],
    aliases: [],
    modelTypeId: 'visual-detector',
    family: 'object-detector',
    packs: ['ssdlite-mobilenet-v2-coco'],
    inputs: ['image'],
    output: 'regions',
    core: true,
    card: card('general-image-detection', {
      description: 'Finds and boxes the 80 everyday kinds of things of COCO, people included.',
      intendedUse:
        'Counting, cropping and filtering by people, vehicles, animals and household things.',
      limits: 'A small network at 300 × 300 pixels: it misses small and crowded things.',
    }),
  },
  {
    id: 'face-detection',
    name: 'Face Detection',
    versions: ['fe995da8cb73490f8556416ecf25cea3', '45fb9a671625463fa646c3523a3087d5'],
    aliases: ['a403429f2ddf4b49b307e318f00e528b', '34ce21a40cc24b6b96ffee54aabff139'],
    modelTypeId: 'visual-detector',
    family: 'face-detector',
    packs: ['blazeface-back'],
    inputs: ['image'],
    output: 'regions',
    core: true,
    card: card('face-detection', {
      description: 'Finds faces, with eyes, ears, nose and mouth of each.',
      intendedUse: 'Counting, cropping or blurring faces. It does not tell who somebody is.',
      limits: 'Faces in profile and faces below about 25 pixels of a 640-pixel picture are missed.',
    }),
  },
  {
    id: 'english-text-embedding',
    name: 'English Text Embedding',
    versions: ['e5a1bb0f3c6d4e0f9b7a2d8c41f06e93'],
    aliases: [],
    modelTypeId: 'text-embedder',
    family: 'text-embedder',
    packs: ['minilm-l6-v2'],
    inputs: ['text'],
    output: 'embeddings',
    dimensions: 384,
    core: true,
    card: card('english-text-embedding', {
      description:
        'Turns a sentence or paragraph into 384 numbers so that like meanings lie close.',
      intendedUse: 'Search by meaning, retrieval for question answering, classifiers of your own.',
      limits: 'English only; text beyond 256 word pieces is not read.',
    }),
  },
  {
    id: 'english-text-clustering',
    name: 'English Text Clustering',
    versions: ['e7d4c2b19f8a4c35b0e6a1f7d2839c54'],
    aliases: [],
    modelTypeId: 'clusterer',
    family: 'text-clusterer',
    packs: ['minilm-l6-v2'],
    inputs: ['text'],
    output: 'clusters',
    core: true,
    card: card('english-text-clustering', {
      description:
        'Assigns a text, or an embedding of english-text-embedding, to one of 64 fixed clusters and a place on a map.',
      intendedUse: 'Grouping texts by topic before anything is labelled.',
      limits: 'The clusters come from dictionary definitions and do not adapt to your data.',
    }),
  },
  {
    id: 'multimodal-clip-embed',
    name: 'Multimodal Embedding',
    versions: ['f1c8e07d5a2b4963b8d04e7f91a36c25'],
    aliases: [],
    modelTypeId: 'multimodal-embedder',
    family: 'joint-embedder',
    packs: ['efficientnet-lite0', 'minilm-l6-v2', 'imagenet-text-space'],
    inputs: ['image', 'text'],
    output: 'embeddings',
    dimensions: 512,
    core: true,
    card: card('multimodal-clip-embed', {
      description:
        'Places pictures and English text in one space of 512 numbers, so that words find pictures. It is not a CLIP network, whatever its id: a picture stands where the descriptions of the ImageNet classes recognised in it stand, by all-MiniLM-L6-v2.',
      intendedUse: 'Finding pictures by a word or a short phrase that names what they show.',
      limits:
        'Only finds what the classifier can recognise; colours, counts, actions, people and style do not count.',
    }),
  },
  {
    id: 'color-recognition',
    name: 'Color Recognition',
    versions: ['dd9458324b4b45c2be1a7ba84d27cd04'],
    aliases: ['eeed0b6733a644cea07cf4c60f87ebb7'],
    modelTypeId: 'image-color-recognizer',
    family: 'color-classifier',
    packs: [],
    inputs: ['image'],
    output: 'colors',
    core: true,
    card: card('color-recognition', {
      description: 'Gives the dominant colours of a picture, their shares and nearest CSS names.',
      intendedUse: 'Sorting and searching by colour.',
      limits: 'Plain computation over pixels: it does not tell subject from background.',
    }),
  },
  {
    id: 'ocr-scene-english-paddleocr',
    name: 'Text Recognition (PP-OCRv4)',
    versions: ['9d3b6c0a7e514f28bd19e0c5a84f7162'],
    aliases: [],
    modelTypeId: 'optical-character-recognizer',
    family: 'text-reader',
    packs: ['ppocr-v4'],
    inputs: ['image'],
    output: 'text',
    core: true,
    card: card('ocr-scene-english-paddleocr', {
      description: 'Finds lines of printed text and reads them: Latin letters, digits and Chinese.',
      intendedUse: 'Reading signs, labels, screens and scanned pages.',
      limits:
        'Level lines only; handwriting and text turned by more than a few degrees are missed.',
    }),
  },
  {
    id: 'moderation-recognition',
    name: 'Image Moderation',
    versions: ['aa8be956dbaa4b7a858826a84253cab9', '7cde8e92896340b0998b8260d47f1502'],
    aliases: ['d16f390eb32cad478c7ae150069bd2c6'],
    modelTypeId: 'visual-classifier',
    family: 'image-moderator',
    packs: ['open-nsfw'],
    inputs: ['image'],
    output: 'concepts',
    core: true,
    card: card('moderation-recognition', {
      description: 'Says how likely a picture shows nudity or sex: the concepts explicit and safe.',
      intendedUse: 'Holding back pictures until a person has looked at them.',
      limits:
        'Knows nothing of violence, drugs or hate. How many explicit pictures it finds is not measured here; its makers advise a threshold for each use, and never to decide by it alone.',
    }),
  },
];
