// Between the platform's messages and what model families take and give.
import {
  ClusterSchema,
  ColorSchema,
  ConceptSchema,
  create,
  type Data,
  DataSchema,
  EmbeddingSchema,
  type Input,
  type Output,
  type OutputConfig,
  OutputSchema,
  PointSchema,
  RegionInfoSchema,
  type Region as RegionMessage,
  RegionSchema,
  StatusCode,
  StatusError,
  StatusSchema,
  statusInfo,
  TextSchema,
  W3CSchema,
} from '@limpid/wire';
import type { LoadedModel, ModelInput, ModelOutput, Region } from '../families/types.ts';
import type { MediaError } from '../media/media-error.ts';

/** What a model is to look at, or why it can not. The platform has turned every URL into bytes by now. */
export function toModelInput(input: Input, model: LoadedModel): ModelInput | StatusError {
  const data = input.data ?? create(DataSchema);
  const image = data.image?.base64;
  if (model.manifest.inputs.includes('image') && image && image.length > 0)
    return { kind: 'image', bytes: image };
  const text = data.text?.raw;
  if (model.manifest.inputs.includes('text') && text) return { kind: 'text', text };
  const vector = data.embeddings[0]?.vector;
  if (vector && vector.length > 0) return { kind: 'embedding', vector: Float32Array.from(vector) };
  const isEmpty =
    !data.image && !data.text && !data.video && !data.audio && data.embeddings.length === 0;
  return isEmpty
    ? new StatusError(StatusCode.INPUT_INVALID_ARGUMENT, { details: 'the input has no data' })
    : new StatusError(StatusCode.INPUT_UNSUPPORTED_FORMAT);
}

export function toOutput(
  answer: ModelOutput | StatusError,
  model: LoadedModel,
  config?: OutputConfig,
): Output {
  if (answer instanceof StatusError) return failedOutput(answer);
  if (answer.kind === 'failed') return failedOutput(mediaFailure(answer.error));
  const status = create(StatusSchema, {
    code: StatusCode.SUCCESS,
    description: statusInfo(StatusCode.SUCCESS).description,
  });
  return create(OutputSchema, { status, data: toData(answer, model, config) });
}

function toData(
  answer: Exclude<ModelOutput, { kind: 'failed' }>,
  model: LoadedModel,
  config: OutputConfig | undefined,
): Data {
  switch (answer.kind) {
    case 'concepts':
      return create(DataSchema, { concepts: conceptMessages(answer.values, model, config) });
    case 'embedding':
      return create(DataSchema, { embeddings: [embedding(answer.vector)] });
    case 'cluster':
      return create(DataSchema, {
        clusters: [create(ClusterSchema, { id: answer.id, projection: [...answer.projection] })],
      });
    case 'regions':
      return create(DataSchema, { regions: answer.regions.map(regionMessage) });
    case 'colors':
      return create(DataSchema, {
        colors: answer.colors.map(({ hex, namedHex, name, share }) =>
          create(ColorSchema, {
            rawHex: hex,
            w3c: create(W3CSchema, { hex: namedHex, name }),
            value: share,
          }),
        ),
      });
    default:
      return answer satisfies never;
  }
}

// The platform chooses among what it gets, and gives no more than this for one input.
const MOST_CONCEPTS = 200;
const DEFAULT_CONCEPTS = 20;

/** Only concepts that can be in the answer become messages: a vocabulary has a thousand and more. */
function conceptMessages(
  values: Float32Array,
  model: LoadedModel,
  config: OutputConfig | undefined,
) {
  const selected = config?.selectConcepts ?? [];
  if (selected.length > 0) return selectedConcepts(values, model, selected);
  const count = Math.min(config?.maxConcepts || DEFAULT_CONCEPTS, MOST_CONCEPTS);
  const best = Array.from(values.keys()).sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0));
  return best.slice(0, count).flatMap((index) => conceptAt(index, values, model));
}

function selectedConcepts(
  values: Float32Array,
  model: LoadedModel,
  selected: OutputConfig['selectConcepts'],
) {
  const wanted = new Set(selected.flatMap(({ id, name }) => [id, name]).filter(Boolean));
  return model.concepts.flatMap(({ id, name }, index) =>
    wanted.has(id) || wanted.has(name) ? conceptAt(index, values, model) : [],
  );
}

function conceptAt(index: number, values: Float32Array, model: LoadedModel) {
  const concept = model.concepts[index];
  if (!concept) return [];
  const { id, name } = concept;
  return [
    create(ConceptSchema, {
      id,
      name,
      value: values[index] ?? 0,
      appId: 'main',
      userId: 'clarifai',
    }),
  ];
}

function embedding(vector: Float32Array) {
  return create(EmbeddingSchema, { vector: Array.from(vector), numDimensions: vector.length });
}

function regionMessage(region: Region): RegionMessage {
  const { box, concept, text, value, points = [] } = region;
  const data = create(DataSchema);
  if (concept) {
    const { id, name } = concept;
    data.concepts = [create(ConceptSchema, { id, name, value, appId: 'main', userId: 'clarifai' })];
  }
  if (text !== undefined) data.text = create(TextSchema, { raw: text });
  const boundingBox = {
    topRow: box.top,
    leftCol: box.left,
    bottomRow: box.bottom,
    rightCol: box.right,
  };
  const keypoints = points.map(({ x, y }) => create(PointSchema, { row: y, col: x }));
  return create(RegionSchema, {
    value,
    data,
    regionInfo: create(RegionInfoSchema, {
      boundingBox,
      ...(keypoints.length > 0 && { keypointLocations: keypoints }),
    }),
  });
}

function failedOutput(error: StatusError): Output {
  const { code, description, details } = error;
  return create(OutputSchema, {
    status: create(StatusSchema, { code, description, details: details || description }),
  });
}

/** The documented codes of images that can not be read. */
function mediaFailure(error: MediaError): StatusError {
  const details = error.message;
  switch (error.reason) {
    case 'empty':
      return new StatusError(StatusCode.INPUT_INVALID_ARGUMENT, { details });
    case 'unsupported-format':
      return new StatusError(StatusCode.INPUT_UNSUPPORTED_FORMAT, { details });
    case 'too-large':
      return new StatusError(StatusCode.INPUT_OVER_LIMIT, { details });
    case 'corrupt':
      return new StatusError(StatusCode.ALL_INPUT_INVALID_BYTES, { details });
    default:
      return error.reason satisfies never;
  }
}
