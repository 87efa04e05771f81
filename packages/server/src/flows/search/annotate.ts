// What in an input makes it a hit: the annotation that a filter or a concept speaks of, or the region that came nearest.
import { asksForPresence } from '@limpid/domain/query/score';
import { type EmbeddedPart, getEmbeddedParts } from '@limpid/store/db/search-embeddings';
import { bestConceptAnnotations } from '@limpid/store/db/search-ranks';
import { firstAnnotations } from '@limpid/store/db/searches';
import type { Call } from '../../call.ts';
import type { Plan } from './plan.ts';
import type { BareHit, Hit } from './run.ts';

export async function annotateHits(
  call: Call<'app'>,
  plan: Plan,
  hits: readonly BareHit[],
): Promise<Hit[]> {
  const { db } = call.deps;
  const bare = hits.filter(({ annotationKey }) => annotationKey === null);
  const embeddings = bare.flatMap(({ embeddingKey }) => embeddingKey ?? []);
  // At once, though a part that tells more leaves nothing to ask of its input: that is seldom, and waiting is not.
  const [parts, annotations] = await Promise.all([
    getEmbeddedParts(db, call.scope, embeddings),
    findAnnotations(
      call,
      plan,
      bare.map(({ inputKey }) => inputKey),
    ),
  ]);
  return hits.map((hit) => {
    const { inputKey, score } = hit;
    const part = partOf(hit, parts);
    const found = tellsMore(part) ? part?.annotationKey : annotations.get(inputKey);
    return {
      inputKey,
      score,
      annotationKey: hit.annotationKey ?? found ?? null,
      part: part?.region ?? null,
    };
  });
}

function partOf({ embeddingKey }: BareHit, parts: ReadonlyMap<bigint, EmbeddedPart>) {
  return embeddingKey === null ? undefined : parts.get(embeddingKey);
}

function tellsMore(part: EmbeddedPart | undefined): boolean {
  return part !== undefined && (part.annotationKey !== null || part.region !== null);
}

/** By input: what a filter asked for, else what says most of a concept that was ranked by, else the whole. */
async function findAnnotations(
  { deps, scope }: Call<'app'>,
  { matching, concepts }: Plan,
  inputKeys: readonly bigint[],
): Promise<Map<bigint, bigint>> {
  const filter = matching.filters.find(
    ({ negate, annotation }) => !negate && annotation.length > 0,
  );
  if (filter) return await firstAnnotations(deps.db, scope, filter, inputKeys);
  const wanted = concepts
    .filter(({ negate }) => !negate)
    .flatMap(({ anyOf }) => anyOf.filter(({ value }) => asksForPresence(value)));
  const found = await bestConceptAnnotations(
    deps.db,
    scope,
    wanted.flatMap(({ keys }) => keys),
    inputKeys,
  );
  const left = inputKeys.filter((key) => !found.has(key));
  return new Map([...(await firstAnnotations(deps.db, scope, undefined, left)), ...found]);
}
