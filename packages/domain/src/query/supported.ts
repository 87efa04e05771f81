// Which fields of a message mean something in a search. What else is set is refused: a condition that is silently
// dropped would return everything.
import type { DescMessage, Message, MessageShape } from '@bufbuild/protobuf';
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect';
import { invalidArgument } from '@limpid/wire/status';

/** Local field names; `true` takes whatever stands below. */
export interface Fields {
  readonly [name: string]: Fields | true;
}

const geo: Fields = { geoPoint: true, geoLimit: true, geoBox: true };
const nothing: Fields = {};
const media: Fields = { image: nothing, video: nothing, text: nothing, audio: nothing };
const queryImage: Fields = { url: true, base64: true, allowDuplicateUrl: true };
const queryText: Fields = { raw: true, allowDuplicateUrl: true };

const annotationFields: Fields = {
  id: true,
  inputId: true,
  modelVersionId: true,
  taskId: true,
  userId: true,
  worker: true,
  annotationInfo: true,
  inputLevel: true,
  status: true,
  trusted: true,
};

export const filterAnnotation: Fields = {
  ...annotationFields,
  data: {
    frames: { frameInfo: nothing },
    regions: {
      regionInfo: {
        boundingBox: nothing,
        mask: nothing,
        point: nothing,
        polygon: nothing,
        span: nothing,
      },
      trackId: true,
    },
    timeSegments: { timeInfo: nothing },
    clusters: true,
    concepts: true,
    geo,
    metadata: true,
    text: nothing,
  },
};

export const filterInput: Fields = { id: true, data: media, datasetIds: true, status: true };

export const rankAnnotation: Fields = {
  inputId: true,
  modelVersionId: true,
  data: { concepts: true, embeddings: true, image: queryImage, text: queryText },
};

/** The parts of the deprecated `And`. */
export const andInput: Fields = {
  id: true,
  datasetIds: true,
  status: true,
  data: { concepts: true, geo, image: { url: true, allowDuplicateUrl: true }, metadata: true },
};
export const andOutput: Fields = {
  input: { id: true, data: { image: queryImage, text: queryText } },
  data: { concepts: true, clusters: true },
};
export const andAnnotation: Fields = filterAnnotation;

/** Throws for the first field that is set and not supported, naming it. */
export function requireSupported<D extends DescMessage>(
  desc: D,
  message: MessageShape<D>,
  fields: Fields,
  at: string,
): void {
  // `check: false` reads the message as it is.
  walk(reflect(desc as DescMessage, message, false), fields, at);
}

function walk(message: ReflectMessage, fields: Fields, at: string): void {
  for (const field of message.fields) {
    if (!message.isSet(field)) continue;
    const below = fields[field.localName];
    const path = `${at}.${field.name}`;
    if (below === undefined) throw invalidArgument(`${path} cannot be searched by`, 'search');
    if (below === true) continue;
    if (field.fieldKind === 'message') walk(message.get(field) as ReflectMessage, below, path);
    else if (field.fieldKind === 'list') {
      for (const item of message.get(field)) walk(item as ReflectMessage, below, `${path}[]`);
    }
  }
}

/** True for a message in which nothing is set: clients send such for conditions that they don't have. */
export function isEmpty<D extends DescMessage>(desc: D, message: Message | undefined): boolean {
  if (!message) return true;
  const view = reflect(desc as DescMessage, message, false);
  return view.fields.every((field) => !view.isSet(field));
}
