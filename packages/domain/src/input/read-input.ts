// From a posted Input to what is kept of it: media, labels, metadata and place apart, everything checked.
import {
  AudioSchema,
  create,
  type Data,
  DataSchema,
  ImageSchema,
  type Input,
  isInputId,
  type JsonObject,
  TextInfoSchema,
  TextSchema,
  VideoSchema,
} from '@limpid/wire';
import { invalidArgument } from '@limpid/wire/status';
import { mediaFault } from './codes.ts';
import { checkLabels, takeLabels } from './labels.ts';
import {
  type InputKind,
  inlineTextBytes,
  inputLimits,
  type MediaKind,
  mediaKinds,
} from './media.ts';
import { type Sniffed, sniffAs } from './sniff.ts';
import { countChars } from './text.ts';

/** Bytes that came with the call, and what they are. */
export interface SentBytes {
  readonly kind: MediaKind;
  readonly bytes: Uint8Array;
  readonly format: string;
  readonly type: string;
}

/** Bytes that are to be fetched. */
export interface SentUrl {
  readonly kind: MediaKind;
  readonly url: string;
  /** False where the same URL may stand only once in an app. */
  readonly repeatable: boolean;
}

export interface ReadInput {
  /** Empty where the platform is to give one. */
  readonly id: string;
  readonly kind: InputKind;
  /** Media without their bytes. */
  readonly data: Data;
  readonly labels: Data | undefined;
  readonly metadata: JsonObject | undefined;
  readonly place: { readonly latitude: number; readonly longitude: number } | undefined;
  readonly datasetIds: readonly string[];
  readonly bytes: readonly SentBytes[];
  readonly urls: readonly SentUrl[];
}

type MediaField = NonNullable<Data[MediaKind]>;

// What models make of an input; nobody uploads it.
const machineMade = [
  'colors',
  'clusters',
  'embeddings',
  'hits',
  'heatmaps',
  'parts',
  'ndarray',
  'structValue',
  'intValue',
  'floatValue',
  'bytesValue',
  'boolValue',
  'stringValue',
] as const;

/** Throws the status of an input that cannot be taken. */
export function readInput(input: Input): ReadInput {
  if (input.id !== '' && !isInputId(input.id)) {
    throw invalidArgument(`'${input.id.slice(0, 80)}' is not a valid input id`, 'input');
  }
  const { data } = input;
  if (!data) throw invalidArgument('an input needs data', 'input');
  refuseMachineMade(data);
  const bytes: SentBytes[] = [];
  const urls: SentUrl[] = [];
  const kinds = mediaKinds.filter((kind) => holdsMedium(data, kind));
  const media = create(DataSchema);
  for (const kind of kinds) readMedium(data, kind, media, bytes, urls);
  const [kind] = kinds;
  if (!kind) throw invalidArgument('data needs an image, a video, an audio or a text', 'input');
  const labels = takeLabels(data);
  if (labels) checkLabels(labels);
  return {
    id: input.id,
    kind: kinds.length > 1 ? 'mixed' : kind,
    data: media,
    labels,
    metadata: data.metadata,
    place: readPlace(data),
    datasetIds: [...new Set(input.datasetIds)],
    bytes,
    urls,
  };
}

/** Some clients set every medium and fill one. */
function holdsMedium(data: Data, kind: MediaKind): boolean {
  const medium = data[kind];
  if (!medium) return false;
  return medium.url !== '' || ('raw' in medium ? medium.raw !== '' : medium.base64.length > 0);
}

function refuseMachineMade(data: Data): void {
  const field = machineMade.find((name) => {
    const value = data[name];
    return Array.isArray(value) ? value.length > 0 : Boolean(value) && !isEmptyBytes(value);
  });
  if (field) throw invalidArgument(`data.${field} cannot be added with an input`, 'input');
}

function isEmptyBytes(value: unknown): boolean {
  return value instanceof Uint8Array && value.length === 0;
}

/** Server-made facts that come back with a listed input that is posted again (hosted, info) are left out. */
function readMedium(
  data: Data,
  kind: MediaKind,
  media: Data,
  bytes: SentBytes[],
  urls: SentUrl[],
): void {
  if (kind === 'text') {
    readTextMedium(data, media, bytes, urls);
    return;
  }
  // `kinds` holds only fields that are set.
  const field = data[kind] as Exclude<MediaField, NonNullable<Data['text']>>;
  if (field.base64.length > 0) {
    bytes.push({ kind, bytes: field.base64, ...sniffOrRefuse(kind, field.base64) });
    setMedium(media, kind, '', false);
    return;
  }
  urls.push(checkUrl(kind, field.url, field.allowDuplicateUrl));
  setMedium(media, kind, field.url, field.allowDuplicateUrl);
}

function sniffOrRefuse(kind: Exclude<MediaKind, 'text'>, bytes: Uint8Array): Omit<Sniffed, 'kind'> {
  if (bytes.length > inputLimits.bytes[kind]) throw overLimit(kind, inputLimits.bytes[kind]);
  const found = sniffAs(kind, bytes);
  if (!found) throw mediaFault('format', kind, `the bytes are no ${kind} of a supported format`);
  return { format: found.format, type: found.type };
}

function setMedium(
  media: Data,
  kind: Exclude<MediaKind, 'text'>,
  url: string,
  again: boolean,
): void {
  const init = { url, allowDuplicateUrl: again };
  if (kind === 'image') media.image = create(ImageSchema, init);
  else if (kind === 'video') media.video = create(VideoSchema, init);
  else media.audio = create(AudioSchema, init);
}

function readTextMedium(data: Data, media: Data, bytes: SentBytes[], urls: SentUrl[]): void {
  const { raw = '', url = '', allowDuplicateUrl = false } = data.text ?? {};
  if (raw === '') {
    urls.push(checkUrl('text', url, allowDuplicateUrl));
    media.text = create(TextSchema, { url, allowDuplicateUrl });
    return;
  }
  if (raw.includes('\0')) throw invalidArgument('a text cannot hold NUL characters', 'input');
  const size = Buffer.byteLength(raw);
  if (size > inputLimits.bytes.text) throw overLimit('text', inputLimits.bytes.text);
  const textInfo = create(TextInfoSchema, { charCount: countChars(raw), encoding: 'UTF-8' });
  if (size <= inlineTextBytes) {
    media.text = create(TextSchema, { raw, textInfo });
    return;
  }
  bytes.push({ kind: 'text', bytes: Buffer.from(raw), format: 'text', type: plainText });
  media.text = create(TextSchema, { textInfo });
}

export const plainText = 'text/plain; charset=utf-8';

export function overLimit(kind: MediaKind, limit: number) {
  return mediaFault('limit', kind, `the limit for one ${kind} is ${limit / 1024 / 1024} MB`);
}

function checkUrl(kind: MediaKind, url: string, repeatable: boolean): SentUrl {
  if (url.length > inputLimits.urlLength) throw mediaFault('url', kind, 'the URL is too long');
  if (!URL.canParse(url)) throw mediaFault('url', kind, `'${url.slice(0, 200)}' is not a URL`);
  const { protocol, username, password } = new URL(url);
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw mediaFault('url', kind, `only http and https URLs are fetched, not '${protocol}'`);
  }
  if (username || password) throw mediaFault('url', kind, 'the URL may not hold credentials');
  return { kind, url, repeatable };
}

export function readPlace(data: Data): ReadInput['place'] {
  if (!data.geo) return undefined;
  const { geoPoint, geoBox, geoLimit } = data.geo;
  if (geoBox.length > 0 || geoLimit) {
    throw invalidArgument(
      'an input has one geo_point; geo_box and geo_limit are for searches',
      'input',
    );
  }
  if (!geoPoint) return undefined;
  const { latitude, longitude } = geoPoint;
  // Written so that NaN is refused.
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) {
    throw invalidArgument(
      'latitude must be from -90 to 90 and longitude from -180 to 180',
      'input',
    );
  }
  return { latitude, longitude };
}
