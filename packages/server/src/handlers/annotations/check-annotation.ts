import { checkLabels } from '@limpid/domain/input/labels';
import { type Annotation, invalidArgument, StatusCode } from '@limpid/wire';

export const MAX_BATCH = 128;

// States that a person may give an annotation.
const STATUSES: ReadonlySet<number> = new Set([
  StatusCode.ANNOTATION_SUCCESS,
  StatusCode.ANNOTATION_PENDING,
  StatusCode.ANNOTATION_AWAITING_REVIEW,
  StatusCode.ANNOTATION_AWAITING_CONSENSUS_REVIEW,
  StatusCode.ANNOTATION_REVIEW_DENIED,
]);

/** Throws for an annotation that can not be kept: one region at most, in one frame at most, labels that make sense. */
export function checkAnnotation(annotation: Annotation): void {
  const { data, status } = annotation;
  if (status) checkStatus(status.code);
  if (!data) return;
  if (data.regions.length > 1)
    throw invalidArgument('an annotation has at most one region', 'annotation');
  if (data.frames.length > 1)
    throw invalidArgument('an annotation has at most one frame', 'annotation');
  const inFrame = data.frames[0]?.data?.regions.length ?? 0;
  if (inFrame > 1)
    throw invalidArgument('an annotation has at most one region in its frame', 'annotation');
  checkLabels(data, 'annotation');
}

/** Throws for a state that people give no annotation. */
export function checkStatus(code: number): void {
  if (STATUSES.has(code)) return;
  throw invalidArgument(`an annotation can not be given status ${code}`, 'annotation');
}

export function checkBatch(count: number): void {
  if (count === 0 || count > MAX_BATCH) {
    throw invalidArgument(`give 1 to ${MAX_BATCH} annotations`, 'annotation');
  }
}
