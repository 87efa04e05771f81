// What in an input makes it a hit: the annotation that a filter or a concept speaks of, or the region that came nearest.
import { asksForPresence } from '@limpid/domain/query/score';
import { type HitPart, readHitParts } from '@limpid/store/db/search-hits';
import { bestConceptAnnotations } from '@limpid/store/db/search-ranks';
import type { Call } from '../../call.ts';
import type { Plan } from './plan.ts';
import type { BareHit } from './run.ts';

/** In the order of the hits. */
export async function annotateHits(
  { deps, scope }: Call<'app'>,
  { matching, concepts }: Plan,
  hits: readonly BareHit[],
): Promise<HitPart[]> {
  const filter = matching.filters.find(
    ({ negate, annotation }) => !negate && annotation.length > 0,
  );
  // Without such a filter: what says most of a concept that was ranked by, else the whole.
  const ranked = filter ? [] : concepts.filter(({ negate }) => !negate);
  const wanted = ranked.flatMap(({ anyOf }) => anyOf.filter(({ value }) => asksForPresence(value)));
  const best = await bestConceptAnnotations(
    deps.db,
    scope,
    wanted.flatMap(({ keys }) => keys),
    hits.map(({ inputKey }) => inputKey),
  );
  const asked = hits.map(({ inputKey, annotationKey, embeddingKey }) => {
    return { inputKey, annotationKey, embeddingKey, otherwise: best.get(inputKey) ?? null };
  });
  return await readHitParts(deps.db, scope, filter, asked);
}
