// Hits as clients see them: the whole input, and the annotation or the part of it that was found.
import type { AppScope } from '@limpid/domain/access/authority';
import { getAnnotationsByKey } from '@limpid/store/db/annotation-queries';
import { readDoc } from '@limpid/store/db/doc';
import { getInputsByKey } from '@limpid/store/db/inputs';
import {
  type Annotation,
  AnnotationSchema,
  create,
  DataSchema,
  FrameSchema,
  type Hit as HitMessage,
  HitSchema,
  type Input,
  RegionSchema,
} from '@limpid/wire';
import type { Deps } from '../../deps.ts';
import type { Found, Hit } from '../../flows/search/run.ts';
import { presentInputs } from '../../present/inputs.ts';
import { annotationMessages } from '../annotations/annotation-message.ts';

/** In their order. What was deleted since it was found is left out. */
export async function hitMessages(
  deps: Deps,
  scope: AppScope,
  found: Found,
): Promise<HitMessage[]> {
  const [inputs, [hits, annotations]] = await Promise.all([
    findInputs(deps, scope, found.inputKeys),
    found.annotate().then(async (all) => [all, await findAnnotations(deps, scope, all)] as const),
  ]);
  return hits.flatMap((hit) => {
    const input = inputs.get(hit.inputKey);
    if (!input) return [];
    const known = hit.annotationKey === null ? undefined : annotations.get(hit.annotationKey);
    return create(HitSchema, {
      score: hit.score,
      input,
      annotation: known ?? partMessage(input.id, hit.part),
      userId: scope.userId,
      appId: scope.appId,
    });
  });
}

async function findInputs(
  deps: Deps,
  scope: AppScope,
  keys: readonly bigint[],
): Promise<Map<bigint, Input>> {
  const rows = await getInputsByKey(deps.db, scope, keys);
  const messages = await presentInputs(deps, scope, rows);
  return new Map(rows.map(({ key }, index) => [key, messages[index] as Input]));
}

async function findAnnotations(
  deps: Deps,
  scope: AppScope,
  hits: readonly Hit[],
): Promise<Map<bigint, Annotation>> {
  const keys = hits.flatMap(({ annotationKey }) => annotationKey ?? []);
  const rows = await getAnnotationsByKey(deps.db, scope, keys);
  const messages = await annotationMessages(deps, scope, rows);
  return new Map(rows.map(({ key }, index) => [key, messages[index] as Annotation]));
}

/** A part that was embedded and is no annotation, or the input as a whole, on which nobody has said anything. */
function partMessage(inputId: string, part: unknown): Annotation {
  if (part === null) return create(AnnotationSchema, { inputId, inputLevel: true });
  const isFrame = typeof part === 'object' && part !== null && 'frame_info' in part;
  const data = isFrame
    ? create(DataSchema, { frames: [readDoc(FrameSchema, part)] })
    : create(DataSchema, { regions: [readDoc(RegionSchema, part)] });
  return create(AnnotationSchema, { inputId, data });
}
