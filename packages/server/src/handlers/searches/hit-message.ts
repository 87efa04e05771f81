// Hits as clients see them: the whole input, and the annotation or the part of it that was found.
import { readDoc } from '@limpid/store/db/doc';
import { getInputsByKey } from '@limpid/store/db/inputs';
import type { HitPart } from '@limpid/store/db/search-hits';
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
import type { Call } from '../../call.ts';
import type { Found } from '../../flows/search/run.ts';
import { presentInputs } from '../../present/inputs.ts';
import { annotationMessages } from '../annotations/annotation-message.ts';

/** In their order. What was deleted since it was found is left out. */
export async function hitMessages(
  call: Call<'app'>,
  { hits, annotate }: Found,
): Promise<HitMessage[]> {
  const [inputs, parts] = await Promise.all([
    findInputs(
      call,
      hits.map(({ inputKey }) => inputKey),
    ),
    annotate(),
  ]);
  const annotations = await findAnnotations(call, parts);
  const { userId, appId } = call.scope;
  return hits.flatMap(({ inputKey, score }, index) => {
    const input = inputs.get(inputKey);
    const part = parts[index];
    if (!input || !part) return [];
    const annotation =
      (part.annotation && annotations.get(part.annotation.key)) ??
      partMessage(input.id, part.region);
    return create(HitSchema, { score, input, annotation, userId, appId });
  });
}

async function findInputs(call: Call<'app'>, keys: readonly bigint[]): Promise<Map<bigint, Input>> {
  const rows = await getInputsByKey(call.deps.db, call.scope, [...new Set(keys)]);
  const messages = await presentInputs(call, rows);
  return new Map(rows.map(({ key }, index) => [key, messages[index] as Input]));
}

async function findAnnotations(
  call: Call<'app'>,
  parts: readonly HitPart[],
): Promise<Map<bigint, Annotation>> {
  const rows = parts.flatMap(({ annotation }) => annotation ?? []);
  const messages = await annotationMessages(call, rows);
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
