// Keeping searches to be run again, however they came.
import type { AppScope } from '@limpid/domain/access/authority';
import { missingScopes } from '@limpid/domain/access/scopes';
import { applyPatch, searchPatch } from '@limpid/domain/patch/index';
import { type Tx, transaction } from '@limpid/store';
import {
  getSearches,
  holdSearch,
  insertSearches,
  lockSearches,
  type NewSearch,
  type SearchRow,
  updateSearch,
} from '@limpid/store/db/saved-searches';
import {
  alreadyExists,
  insufficientScopes,
  invalidArgument,
  invalidRequest,
  isClientId,
  newHexId,
  notFound,
  type Search,
  SearchSchema,
} from '@limpid/wire';
import type { Call } from '../../call.ts';
import type { Deps } from '../../deps.ts';
import { noSearch, searchMessage, storedSearch } from './search-message.ts';

const MAX_BATCH = 128;

/** Saves all searches of a request, or none. */
export async function saveSearches(
  call: Call<'app'>,
  unit: SearchRow['unit'],
  searches: readonly Search[],
): Promise<Search[]> {
  const { deps, scope } = call;
  requireSaving(call);
  if (!searches.every(({ save }) => save))
    throw invalidArgument('save all searches of a request, or none', 'search');
  if (searches.length > MAX_BATCH)
    throw invalidArgument(`save at most ${MAX_BATCH} searches at once`, 'search');
  const planned = searches.map((search, i) => plannedSearch(deps, unit, search, `searches[${i}]`));
  return await transaction(deps.db, async (tx) => {
    await addSearches(tx, scope, planned);
    const ids = planned.map(({ id }) => id);
    return (await getSearches(tx, scope, ids)).map((row) => searchMessage(scope, row));
  });
}

/** The call that searches asks for no right to save, and strangers may make it. */
function requireSaving({ caller, method, scope }: Call<'app'>): void {
  const wanted = ['SavedSearch:Add'];
  const demand = { endpoint: method.path, operations: wanted };
  const isOwner = scope.standing === 'owner';
  const missing = isOwner ? missingScopes(caller.credential.scopes, demand) : wanted;
  if (missing.length > 0) throw insufficientScopes(missing);
}

export function plannedSearch(
  deps: Deps,
  unit: SearchRow['unit'],
  search: Search,
  at: string,
): NewSearch {
  const id = search.id || newHexId(deps.random);
  if (!isClientId(id)) throw invalidRequest(`'${id.slice(0, 80)}' is not a valid search id`);
  return { id, unit, ...storedSearch(search, at) };
}

/** Throws where an id is taken, or comes twice. */
export async function addSearches(
  tx: Tx,
  scope: AppScope,
  planned: readonly NewSearch[],
): Promise<Map<string, bigint>> {
  const made = new Map((await insertSearches(tx, scope, planned)).map(({ id, key }) => [id, key]));
  const taken = planned.find(({ id }) => !made.has(id));
  if (taken || made.size < planned.length)
    throw alreadyExists('Search', (taken ?? planned[0])?.id ?? '');
  return made;
}

interface Patches {
  readonly searches: readonly Search[];
  readonly action: string;
}

/** Patches saved searches, all or none; with `unit` only those that look for it. */
export async function patchSearches(
  { deps, scope }: Call<'app'>,
  { searches: patches, action }: Patches,
  unit?: SearchRow['unit'],
): Promise<Search[]> {
  if (patches.length === 0) throw invalidRequest('searches is empty');
  if (patches.length > MAX_BATCH) throw invalidRequest(`give 1 to ${MAX_BATCH} searches`);
  const ids = patches.map(({ id }) => id);
  return await transaction(deps.db, async (tx) => {
    await lockSearches(tx, scope, ids);
    for (const [index, patch] of patches.entries()) {
      const row = await holdSearch(tx, scope, patch.id, 'change');
      if (!row) throw noSearch(patch.id);
      if (unit && row.unit !== unit) throw notFound(`'${row.id}' does not search ${unit}s`);
      const patched = applyPatch(
        SearchSchema,
        searchMessage(scope, row),
        patch,
        action,
        searchPatch,
      );
      await updateSearch(tx, row.key, storedSearch(patched, `searches[${index}]`));
    }
    return (await getSearches(tx, scope, ids)).map((row) => searchMessage(scope, row));
  });
}
