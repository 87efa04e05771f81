import { grantApp } from '@limpid/domain/access/authority';
import type { ModelTypeManifest } from '@limpid/domain/model-types/manifest';
import type { Db, Tx } from '@limpid/store';
import { mayFallBack, SHARED_APP } from '@limpid/store/db/app-refs';
import { conceptKeys, ensureConcepts } from '@limpid/store/db/concepts';
import { getVocabulary, type VocabularyEntry } from '@limpid/store/db/model-versions';
import { findAppForScope } from '@limpid/store/db/scopes';
import {
  type Concept,
  create,
  DataSchema,
  duplicateConcepts,
  invalidArgument,
  isConceptId,
  type OutputInfo,
} from '@limpid/wire';
import type { Call } from '../../call.ts';
import { conceptMessage } from '../concepts/concept-message.ts';

/** Puts the whole vocabulary of a version into its output info, in a language where it has the words. */
export async function withVocabulary(
  db: Db,
  version: bigint,
  info: OutputInfo,
  language = '',
): Promise<void> {
  const rows = await getVocabulary(db, version, language);
  info.message = '';
  info.data ??= create(DataSchema);
  info.data.concepts = rows.map(({ app_id: appId, user_id: userId, threshold, ...row }) => {
    const concept = conceptMessage(row, { appId, userId });
    if (threshold !== null) concept.value = threshold;
    return concept;
  });
}

export type Vocabulary = (
  tx: Tx,
  type: ModelTypeManifest | undefined,
) => Promise<VocabularyEntry[]>;

/**
 * The concepts that a new version names: those of its app, else those of the instance's own vocabulary, else new ones of
 * its app. Checked here; looked up, and made, inside the transaction that adds the version.
 */
export async function vocabularyOf(
  call: Call<'app'>,
  concepts: readonly Concept[],
): Promise<Vocabulary> {
  const wanted = concepts.map((concept) => ({ ...namesOf(concept), value: concept.value }));
  const ids = wanted.map(({ id }) => id);
  const repeated = ids.filter((id, index) => ids.indexOf(id) !== index);
  if (repeated.length > 0) throw duplicateConcepts([...new Set(repeated)]);
  const shared = await sharedConcepts(call, ids);
  return async (tx, type) => {
    const compares = (type?.fields ?? []).some(
      (spec) => spec.type === 'ARRAY_OF_CONCEPTS_WITH_THRESHOLD',
    );
    const own = await conceptKeys(tx, call.scope, ids);
    const unknown = wanted.filter(({ id }) => !own.has(id) && !shared.has(id));
    const made = await ensureConcepts(tx, call.scope, unknown);
    return wanted.flatMap(({ id, value }) => {
      const conceptKey = own.get(id) ?? shared.get(id) ?? made.get(id);
      return conceptKey === undefined ? [] : [{ conceptKey, value: compares ? value : null }];
    });
  };
}

function namesOf(concept: Concept): { id: string; name: string } {
  const id = concept.id || concept.name;
  if (!isConceptId(id)) {
    throw invalidArgument(`'${id.slice(0, 80)}' is not a valid concept id`, 'concept');
  }
  return { id, name: concept.name || id };
}

async function sharedConcepts(
  call: Call<'app'>,
  ids: readonly string[],
): Promise<ReadonlyMap<string, bigint>> {
  if (ids.length === 0 || !mayFallBack(call.caller)) return new Map();
  const app = await findAppForScope(call.deps.db, SHARED_APP.userId, SHARED_APP.appId);
  if (!app) return new Map();
  const { appKey, appId, ownerKey: userKey, ownerId: userId } = app;
  const scope = grantApp({ appKey, appId, userKey, userId, standing: 'public' });
  return await conceptKeys(call.deps.db, scope, ids);
}
