// All model types, by id. A type is one file; it is known once it stands here.
import type { ModelTypeManifest } from './manifest.ts';
import { annotationWriter } from './types/annotation-writer.ts';
import { anyToAny } from './types/any-to-any.ts';
import { audioClassifier } from './types/audio-classifier.ts';
import { audioEmbedder } from './types/audio-embedder.ts';
import { audioToAudio } from './types/audio-to-audio.ts';
import { audioToText } from './types/audio-to-text.ts';
import { awsLambda } from './types/aws-lambda.ts';
import { barcodeOperator } from './types/barcode-operator.ts';
import { byteTracker } from './types/byte-tracker.ts';
import { centroidTracker } from './types/centroid-tracker.ts';
import { clusterer } from './types/clusterer.ts';
import { conceptSynonymMapper } from './types/concept-synonym-mapper.ts';
import { conceptThresholder } from './types/concept-thresholder.ts';
import { email } from './types/email.ts';
import { embeddingClassifier } from './types/embedding-classifier.ts';
import { imageAlign } from './types/image-align.ts';
import { imageColorRecognizer } from './types/image-color-recognizer.ts';
import { imageCrop } from './types/image-crop.ts';
import { imageTilingOperator } from './types/image-tiling-operator.ts';
import { imageToImage } from './types/image-to-image.ts';
import { imageToText } from './types/image-to-text.ts';
import { imageToVideo } from './types/image-to-video.ts';
import { inputFilter } from './types/input-filter.ts';
import { inputSearcher } from './types/input-searcher.ts';
import { isolationOperator } from './types/isolation-operator.ts';
import { kalmanFilterTracker } from './types/kalman-filter-tracker.ts';
import { kalmanReidTracker } from './types/kalman-reid-tracker.ts';
import { keywordFilterOperator } from './types/keyword-filter-operator.ts';
import { knnConcept } from './types/knn-concept.ts';
import { languageIdOperator } from './types/language-id-operator.ts';
import { mcp } from './types/mcp.ts';
import { multimodalEmbedder } from './types/multimodal-embedder.ts';
import { multimodalToText } from './types/multimodal-to-text.ts';
import { neuralLiteTracker } from './types/neural-lite-tracker.ts';
import { neuralTracker } from './types/neural-tracker.ts';
import { objectCounter } from './types/object-counter.ts';
import { openai } from './types/openai.ts';
import { opticalCharacterRecognizer } from './types/optical-character-recognizer.ts';
import { prompter } from './types/prompter.ts';
import { ragPrompter } from './types/rag-prompter.ts';
import { randomSample } from './types/random-sample.ts';
import { regexBasedClassifier } from './types/regex-based-classifier.ts';
import { regionThresholder } from './types/region-thresholder.ts';
import { resultsPush } from './types/results-push.ts';
import { sms } from './types/sms.ts';
import { statusPush } from './types/status-push.ts';
import { tesseractOperator } from './types/tesseract-operator.ts';
import { textAggregationOperator } from './types/text-aggregation-operator.ts';
import { textClassifier } from './types/text-classifier.ts';
import { textEmbedder } from './types/text-embedder.ts';
import { textToAudio } from './types/text-to-audio.ts';
import { textToImage } from './types/text-to-image.ts';
import { textToText } from './types/text-to-text.ts';
import { textToVideo } from './types/text-to-video.ts';
import { textTokenClassifier } from './types/text-token-classifier.ts';
import { tilingRegionAggregatorOperator } from './types/tiling-region-aggregator-operator.ts';
import { tokensToEntityOperator } from './types/tokens-to-entity-operator.ts';
import { videoToText } from './types/video-to-text.ts';
import { visualAnomalyHeatmap } from './types/visual-anomaly-heatmap.ts';
import { visualClassifier } from './types/visual-classifier.ts';
import { visualDetector } from './types/visual-detector.ts';
import { visualDetectorEmbedder } from './types/visual-detector-embedder.ts';
import { visualEmbedder } from './types/visual-embedder.ts';
import { visualKeypointer } from './types/visual-keypointer.ts';
import { visualSegmenter } from './types/visual-segmenter.ts';

/** In the order of their ids, as they are listed. */
export const modelTypeManifests: readonly ModelTypeManifest[] = [
  annotationWriter,
  anyToAny,
  audioClassifier,
  audioEmbedder,
  audioToAudio,
  audioToText,
  awsLambda,
  barcodeOperator,
  byteTracker,
  centroidTracker,
  clusterer,
  conceptSynonymMapper,
  conceptThresholder,
  email,
  embeddingClassifier,
  imageAlign,
  imageColorRecognizer,
  imageCrop,
  imageTilingOperator,
  imageToImage,
  imageToText,
  imageToVideo,
  inputFilter,
  inputSearcher,
  isolationOperator,
  kalmanFilterTracker,
  kalmanReidTracker,
  keywordFilterOperator,
  knnConcept,
  languageIdOperator,
  mcp,
  multimodalEmbedder,
  multimodalToText,
  neuralLiteTracker,
  neuralTracker,
  objectCounter,
  openai,
  opticalCharacterRecognizer,
  prompter,
  ragPrompter,
  randomSample,
  regexBasedClassifier,
  regionThresholder,
  resultsPush,
  sms,
  statusPush,
  tesseractOperator,
  textAggregationOperator,
  textClassifier,
  textEmbedder,
  textToAudio,
  textToImage,
  textToText,
  textToVideo,
  textTokenClassifier,
  tilingRegionAggregatorOperator,
  tokensToEntityOperator,
  videoToText,
  visualAnomalyHeatmap,
  visualClassifier,
  visualDetector,
  visualDetectorEmbedder,
  visualEmbedder,
  visualKeypointer,
  visualSegmenter,
];

const byId: ReadonlyMap<string, ModelTypeManifest> = new Map(
  modelTypeManifests.map((manifest) => [manifest.id, manifest]),
);

export function findModelType(id: string): ModelTypeManifest | undefined {
  return byId.get(id);
}
