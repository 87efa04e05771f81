import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { checkLabels, type Label, settleLabels } from '@limpid/domain/input/labels';
import type { Db, Tx } from '@limpid/store';
import { inputKeysOf } from '@limpid/store/db/annotation-queries';
import type { AnnotationTrackRow, TrackFields } from '@limpid/store/db/annotation-tracks';
import { readDoc, writeDoc } from '@limpid/store/db/doc';
import {
  type AnnotationTrack,
  AnnotationTrackSchema,
  create,
  DataSchema,
  invalidArgument,
  notFound,
  StatusCode,
  StatusSchema,
  statusInfo,
} from '@limpid/wire';
import type { Call } from '../../call.ts';
import { type NamesFrom, nameConcepts } from '../../present/inputs.ts';

const COLUMNS = ['id', 'inputId', 'status', 'createdAt', 'modifiedAt'] as const;
const MAX_BATCH = 128;

const STATUSES: ReadonlySet<number> = new Set([
  StatusCode.ANNOTATION_TRACK_IDLE,
  StatusCode.ANNOTATION_TRACK_IN_PROGRESS,
  StatusCode.ANNOTATION_TRACK_PENDING,
  StatusCode.ANNOTATION_TRACK_APPROVED,
  StatusCode.ANNOTATION_TRACK_FAILED,
]);

/** Rows of one app as messages, in their order. */
export async function trackMessages(
  from: NamesFrom,
  rows: readonly AnnotationTrackRow[],
): Promise<AnnotationTrack[]> {
  const tracks = rows.map(trackMessage);
  const concepts = tracks.map(({ concept }) => dataOf(concept));
  await nameConcepts(from, concepts);
  return tracks;
}

/** As it is stored: its concept has no name. */
export function trackMessage(row: AnnotationTrackRow): AnnotationTrack {
  const track = readDoc(AnnotationTrackSchema, row.body);
  track.id = row.id;
  track.inputId = row.input_id;
  track.createdAt = timestampFromDate(row.created_at);
  track.modifiedAt = timestampFromDate(row.modified_at);
  track.status = create(StatusSchema, {
    code: row.status_code,
    description: statusInfo(row.status_code).description,
    details: row.status_details,
  });
  return track;
}

function dataOf(concept: AnnotationTrack['concept']) {
  return create(DataSchema, { concepts: concept ? [concept] : [] });
}

/** Checks a track that is to be stored, settles its concept and splits it into columns and body. */
export function storedTrack(track: AnnotationTrack): TrackFields & { readonly labels: Label[] } {
  const code = track.status?.code || StatusCode.ANNOTATION_TRACK_IDLE;
  if (!STATUSES.has(code))
    throw invalidArgument(`an annotation track can not be given status ${code}`, 'annotation');
  const { startFrameNr, endFrameNr, startFrameMs, endFrameMs } = track;
  if ((endFrameNr && endFrameNr < startFrameNr) || (endFrameMs && endFrameMs < startFrameMs))
    throw invalidArgument('an annotation track ends before it starts', 'annotation');
  const data = dataOf(track.concept);
  checkLabels(data, 'annotation');
  const labels = settleLabels(data, () => '');
  const body = writeDoc(AnnotationTrackSchema, track, { omit: COLUMNS });
  return { status_code: code, status_details: track.status?.details ?? '', body, labels };
}

export function checkBatch(count: number): void {
  if (count === 0 || count > MAX_BATCH)
    throw invalidArgument(`give 1 to ${MAX_BATCH} annotation_tracks`, 'annotation');
}

export async function requireInput(
  db: Db | Tx,
  { scope }: Call<'app'>,
  id: string,
): Promise<bigint> {
  if (!id) throw invalidArgument('input_id is required', 'annotation');
  const key = (await inputKeysOf(db, scope, [id])).get(id);
  if (key === undefined) throw notFound(`input '${id.slice(0, 80)}' does not exist`);
  return key;
}
