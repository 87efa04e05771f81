import type { AppScope } from '@limpid/domain/access/authority';
import type { Selectable } from 'kysely';
import type { Db, Tx } from './db.ts';
import type { KnowledgeGraphsTable } from './tables.ts';

export type KnowledgeGraphRow = Selectable<KnowledgeGraphsTable>;

/** Adds graphs; those whose id is taken are left out of the answer. */
export async function insertKnowledgeGraphs(
  tx: Tx,
  scope: AppScope,
  graphs: readonly { readonly id: string; readonly body: string }[],
): Promise<KnowledgeGraphRow[]> {
  return await tx
    .insertInto('knowledge_graphs')
    .values(graphs.map((graph) => ({ app_key: scope.appKey, ...graph })))
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .execute();
}

export async function listKnowledgeGraphs(db: Db, scope: AppScope): Promise<KnowledgeGraphRow[]> {
  return await db
    .selectFrom('knowledge_graphs')
    .selectAll()
    .where('app_key', '=', scope.appKey)
    .orderBy('key')
    .execute();
}
