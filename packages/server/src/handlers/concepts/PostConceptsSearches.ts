import { pageOf } from '@limpid/domain/page';
import { type ConceptRow, searchConcepts } from '@limpid/store/db/concepts';
import { findAppForScope } from '@limpid/store/db/scopes';
import { invalidArgument } from '@limpid/wire';
import type { Call } from '../../call.ts';
import { rpc } from '../../rpc/rpc.ts';
import { conceptMessage } from './concept-message.ts';

// Where the words of the seeded models live, searched beside the app's own.
const PUBLIC_VOCABULARY = { userId: 'clarifai', appId: 'main' };

/** Concepts of the app, and of the public vocabulary unless an app key asks, whose name fits a pattern. */
export const PostConceptsSearches = rpc(
  'PostConceptsSearches',
  { scope: 'app' },
  async (call, request) => {
    const query = request.conceptQuery;
    if (!query?.name) throw invalidArgument('concept_query.name is required', 'concept');
    const owners = await ownersOf(call, query.ignoreAppConcepts);
    const rows = await searchConcepts(
      call.deps.db,
      { apps: [...owners.keys()], pattern: query.name, language: languageOf(query.language) },
      pageOf(request.pagination),
    );
    return { concepts: rows.flatMap((row) => toMessage(row, owners)) };
  },
);

type Owners = Map<bigint, { appId: string; userId: string }>;

async function ownersOf(call: Call<'app'>, ignoreApp: boolean): Promise<Owners> {
  const { appKey, appId, userId } = call.scope;
  const owners: Owners = new Map(ignoreApp ? [] : [[appKey, { appId, userId }]]);
  if (call.caller.credential.app) return owners;
  const shared = await findAppForScope(
    call.deps.db,
    PUBLIC_VOCABULARY.userId,
    PUBLIC_VOCABULARY.appId,
  );
  if (shared) owners.set(shared.appKey, PUBLIC_VOCABULARY);
  return owners;
}

function toMessage(row: ConceptRow, owners: Owners) {
  const owner = owners.get(row.app_key);
  return owner ? [conceptMessage(row, owner)] : [];
}

/** Clients name languages as 'en', 'EN' or 'en-US'. */
function languageOf(given: string): string {
  return (given || 'en').toLowerCase().split(/[-_]/)[0] ?? 'en';
}
