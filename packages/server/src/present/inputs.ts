// Inputs as clients see them: labels with the names of their concepts, and every medium with its URLs.

import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { AppScope } from '@limpid/domain/access/authority';
import { partsOf } from '@limpid/domain/input/labels';
import type { MediaEntry, MediaKind } from '@limpid/domain/input/media';
import {
  imageSizes,
  type MediaSize,
  mediaPrefix,
  mediaSuffix,
  stillSizes,
  videoSizes,
} from '@limpid/domain/input/media-path';
import type { Db, Tx } from '@limpid/store';
import { nameConceptIds } from '@limpid/store/db/concepts';
import { readDoc } from '@limpid/store/db/doc';
import { type InputRow, inputStatus } from '@limpid/store/db/inputs';
import type { Known } from '@limpid/store/db/known';
import {
  AnnotationSchema,
  AudioInfoSchema,
  create,
  type Data,
  DataSchema,
  GeoSchema,
  type HostedURL,
  HostedURLSchema,
  ImageInfoSchema,
  type Input,
  InputSchema,
  type JsonObject,
  StatusSchema,
  statusInfo,
  TextInfoSchema,
  VideoInfoSchema,
} from '@limpid/wire';
import type { Deps } from '../deps.ts';

/** Where inputs live, and where their media is served. */
export interface InputPlace {
  readonly userId: string;
  readonly appId: string;
  readonly publicUrl: string;
}

export function inputPlace({ config }: Pick<Deps, 'config'>, scope: AppScope): InputPlace {
  return { userId: scope.userId, appId: scope.appId, publicUrl: config.publicUrl() };
}

/** Where labels get their names from; a call is one. */
export interface NamesFrom {
  readonly deps: { readonly db: Db | Tx };
  readonly scope: AppScope;
  /** Names that were read before; absent inside a transaction. */
  readonly known?: Known;
}

/** Rows of one app as messages, in their order. */
export async function presentInputs(
  from: NamesFrom & { readonly deps: Pick<Deps, 'db' | 'config'> },
  rows: readonly InputRow[],
): Promise<Input[]> {
  const place = inputPlace(from.deps, from.scope);
  const inputs = rows.map((row) => inputMessage(row, place));
  await nameConcepts(
    from,
    inputs.flatMap((input) => input.data ?? []),
  );
  return inputs;
}

/** Gives the concepts in labels what belongs to the concept and not to the label: its name, language and home. */
export async function nameConcepts(
  { deps, scope, known }: NamesFrom,
  labels: readonly Data[],
): Promise<void> {
  const concepts = labels.flatMap((data) => [...partsOf(data)].flatMap((part) => part.concepts));
  if (concepts.length === 0) return;
  const ids = [...new Set(concepts.map((concept) => concept.id))];
  const read = (some: readonly string[]) => nameConceptIds(deps.db, scope, some);
  const rows = known ? await known.getMany(`concept ${scope.appKey}`, ids, read) : await read(ids);
  for (const concept of concepts) {
    const row = rows.get(concept.id);
    concept.name = row?.name ?? concept.id;
    concept.language = row?.language ?? '';
    concept.appId = scope.appId;
    concept.userId = scope.userId;
  }
}

/** One row as a message; its concepts still want their names. */
export function inputMessage(row: InputRow, place: InputPlace): Input {
  const data = readDoc(DataSchema, row.body);
  addLabels(data, row.labels);
  return assembleInput(data, row, place);
}

/** What stands beside an input's media and labels. */
export type InputFacts = Pick<
  InputRow,
  | 'id'
  | 'status_code'
  | 'status_details'
  | 'metadata'
  | 'latitude'
  | 'longitude'
  | 'media'
  | 'created_at'
  | 'modified_at'
>;

/** An input from its parts; `data` is taken over. */
export function assembleInput(data: Data, facts: InputFacts, place: InputPlace): Input {
  // A jsonb column that only objects go into.
  if (facts.metadata) data.metadata = facts.metadata as JsonObject;
  if (facts.latitude !== null && facts.longitude !== null) {
    const geoPoint = { latitude: facts.latitude, longitude: facts.longitude };
    data.geo = create(GeoSchema, { geoPoint });
  }
  addMedia(data, facts, place);
  return create(InputSchema, {
    id: facts.id,
    data,
    createdAt: timestampFromDate(facts.created_at),
    modifiedAt: timestampFromDate(facts.modified_at),
    status: create(StatusSchema, {
      code: facts.status_code,
      description: statusInfo(facts.status_code).description,
      details: facts.status_details,
    }),
  });
}

function addLabels(data: Data, body: unknown): void {
  if (body === null || body === undefined) return;
  const labels = readDoc(AnnotationSchema, body).data;
  if (!labels) return;
  const { concepts, regions, frames, tracks, timeSegments } = labels;
  Object.assign(data, { concepts, regions, frames, tracks, timeSegments });
}

function addMedia(data: Data, row: InputFacts, place: InputPlace): void {
  const entries = new Map((row.media ?? []).map((entry) => [entry.kind, entry]));
  const isDone = row.status_code === inputStatus.done;
  const hosted = (kind: MediaKind, sizes: readonly MediaSize[]): HostedURL =>
    hostedUrl(place, row.id, kind, sizes);
  const image = entries.get('image');
  if (data.image && image) {
    data.image.hosted = hosted('image', isDone ? imageSizes : ['orig']);
    data.image.url ||= urlOf(data.image.hosted);
    data.image.imageInfo = imageInfo(image);
  }
  const video = entries.get('video');
  if (data.video && video) addVideo(data.video, video, isDone, hosted);
  const audio = entries.get('audio');
  if (data.audio && audio) {
    data.audio.hosted = hosted('audio', ['orig']);
    data.audio.url ||= urlOf(data.audio.hosted);
    data.audio.audioInfo = audioInfo(audio);
  }
  // A short text has no entry: it stands in its row, and is served from there.
  const text = entries.get('text');
  if (data.text && (text || data.text.raw)) {
    data.text.hosted = hosted('text', ['orig']);
    data.text.url ||= urlOf(data.text.hosted);
    if (text) data.text.textInfo = textInfo(text);
  }
}

function addVideo(
  video: NonNullable<Data['video']>,
  entry: MediaEntry,
  isDone: boolean,
  hosted: (kind: MediaKind, sizes: readonly MediaSize[]) => HostedURL,
): void {
  video.hosted = hosted('video', isDone ? videoSizes : ['orig']);
  video.url ||= urlOf(video.hosted);
  video.videoInfo = create(VideoInfoSchema, {
    width: entry.width ?? 0,
    height: entry.height ?? 0,
    fps: entry.fps ?? 0,
    videoFormat: entry.format,
    bitRate: entry.bitRate ?? 0,
    frameCount: entry.frames ?? 0,
    durationSeconds: entry.seconds ?? 0,
  });
  if (!isDone) return;
  video.hostedThumbnail = hosted('video', stillSizes);
  video.thumbnailUrl = urlOf(video.hostedThumbnail);
}

/** Prefix, a size and suffix make a URL. They are stable, and whoever may see the input may fetch them. */
export function hostedUrl(
  { publicUrl, userId, appId }: InputPlace,
  inputId: string,
  kind: MediaKind,
  sizes: readonly MediaSize[],
): HostedURL {
  return create(HostedURLSchema, {
    prefix: `${publicUrl}${mediaPrefix}`,
    suffix: mediaSuffix({ userId, appId, kind, inputId }),
    sizes: [...sizes],
    crossorigin: 'use-credentials',
  });
}

/** The first size's URL. */
function urlOf({ prefix, suffix, sizes }: HostedURL): string {
  return `${prefix}/${sizes[0]}/${suffix}`;
}

function imageInfo({ width, height, format, colorMode }: MediaEntry) {
  return create(ImageInfoSchema, {
    width: width ?? 0,
    height: height ?? 0,
    format,
    colorMode: colorMode ?? '',
  });
}

function audioInfo({ format, sampleRate, seconds, bitRate }: MediaEntry) {
  return create(AudioInfoSchema, {
    audioFormat: format,
    sampleRate: sampleRate ?? 0,
    durationSeconds: seconds ?? 0,
    bitRate: bitRate ?? 0,
  });
}

function textInfo({ chars, encoding }: MediaEntry) {
  return create(TextInfoSchema, { charCount: chars ?? 0, encoding: encoding ?? '' });
}
