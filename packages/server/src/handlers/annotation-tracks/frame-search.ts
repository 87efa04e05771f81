// What the three ways to read the annotations of a video's frames have in common.
import {
  type FrameLimits,
  type FrameRequest,
  frameWindow,
} from '@limpid/domain/input/frame-window';
import {
  type FrameAnnotationRow,
  type FrameQuery,
  readFrameAnnotations,
} from '@limpid/store/db/frame-annotations';
import { getInputs, type InputRow } from '@limpid/store/db/inputs';
import {
  type Annotation,
  invalidArgument,
  AnnotationDataType as Kind,
  notFound,
  requestCanceled,
  type Worker,
} from '@limpid/wire';
import type { Call } from '../../call.ts';
import { annotationMessages } from '../annotations/annotation-message.ts';

interface Asked extends FrameRequest {
  readonly inputId: string;
  readonly annotationType: Kind;
  readonly worker?: Worker | undefined;
}

type Narrowed = Pick<FrameQuery, 'trackIds' | 'tracked' | 'minScore'>;

export interface FrameSearch {
  readonly input: InputRow;
  readonly query: FrameQuery;
}

const MAX_TRACKS = 128;
const CHUNK = 500;

/** Checks a request and finds its input. */
export async function frameSearch(
  call: Call<'app'>,
  asked: Asked,
  narrowed: Narrowed,
  limits: FrameLimits,
): Promise<FrameSearch> {
  const window = frameWindow(asked, limits);
  const kinds = kindsOf(asked.annotationType);
  const { minScore, trackIds } = narrowed;
  if (!(minScore >= 0 && minScore <= 1))
    throw invalidArgument('min_prediction_score must be from 0 to 1', 'annotation');
  if (trackIds.length > MAX_TRACKS)
    throw invalidArgument(`give at most ${MAX_TRACKS} track_ids`, 'annotation');
  const worker = testsOf(call, asked.worker);
  if (!asked.inputId) throw invalidArgument('input_id is required', 'annotation');
  const [input] = await getInputs(call.deps.db, call.scope, [asked.inputId]);
  if (!input) throw notFound(`input '${asked.inputId.slice(0, 80)}' does not exist`);
  return { input, query: { ...narrowed, inputKey: input.key, window, kinds, worker } };
}

const kindsByFlag: readonly (readonly [Kind, FrameQuery['kinds'][number]])[] = [
  [Kind.TAG, 'tag'],
  [Kind.BOUNDING_BOX, 'bounding_box'],
  [Kind.POLYGON, 'polygon'],
  [Kind.POINT, 'point'],
  [Kind.SPAN, 'span'],
  [Kind.MASK, 'mask'],
];
const ALL_KINDS = kindsByFlag.reduce((flags, [flag]) => flags | flag, 0);

/** The values are flags: their sum asks for any of them. */
function kindsOf(flags: number): FrameQuery['kinds'] {
  if ((flags & ~ALL_KINDS) !== 0)
    throw invalidArgument(`annotation_type ${flags} is not known`, 'annotation');
  return kindsByFlag.filter(([flag]) => (flags & flag) !== 0).map(([, kind]) => kind);
}

function testsOf({ caller }: Call<'app'>, worker: Worker | undefined): FrameQuery['worker'] {
  const by = worker?.worker;
  if (by?.case === 'user' && by.value.id)
    return [{ is: 'user', id: by.value.id === 'me' ? caller.userId : by.value.id }];
  const model = by?.case === 'model' ? by.value.modelVersion?.id : '';
  if (model) return [{ is: 'model_version', id: model }];
  const workflow = by?.case === 'workflow' ? by.value.version?.id : '';
  return workflow ? [{ is: 'workflow_version', id: workflow }] : [];
}

export interface FrameAnnotation {
  readonly annotation: Annotation;
  /** No other of its frame comes after it. */
  readonly isLast: boolean;
}

/** In the order in which the video shows them. */
export async function* framesOf(
  call: Call<'app'>,
  query: FrameQuery,
): AsyncIterable<FrameAnnotation> {
  // Whether one is the last of its frame only the next one tells.
  let held: { readonly row: FrameAnnotationRow; readonly annotation: Annotation } | undefined;
  for (let rows: FrameAnnotationRow[] | undefined; !rows || rows.length === CHUNK; ) {
    if (call.signal.aborted) throw requestCanceled();
    rows = await readFrameAnnotations(call.deps.db, call.scope, query, held?.row, CHUNK);
    const annotations = await annotationMessages(call, rows);
    for (const [index, row] of rows.entries()) {
      if (held) yield { annotation: held.annotation, isLast: !isSameFrame(held.row, row) };
      // Both lists have the same length.
      held = { row, annotation: annotations[index] as Annotation };
    }
  }
  if (held) yield { annotation: held.annotation, isLast: true };
}

function isSameFrame(a: FrameAnnotationRow, b: FrameAnnotationRow): boolean {
  return a.frame_time === b.frame_time && a.frame_number === b.frame_number;
}
