import { PUBLIC } from '@limpid/domain/access/visibility';
import type { Db, Tx } from './db.ts';

export interface WorkflowRef {
  readonly userId: string;
  readonly appId: string;
  readonly workflowId: string;
}

/** Key of a living workflow that the caller may use: an own one, or a public one in a public app. */
export async function findWorkflowKey(
  db: Db | Tx,
  callerKey: bigint,
  ref: WorkflowRef,
): Promise<bigint | undefined> {
  const row = await db
    .selectFrom('workflows as w')
    .innerJoin('apps as a', 'a.key', 'w.app_key')
    .innerJoin('users as u', 'u.key', 'a.user_key')
    .select('w.key')
    .where('u.id', '=', ref.userId)
    .where('a.id', '=', ref.appId)
    .where('w.id', '=', ref.workflowId)
    .where('w.deleted_at', 'is', null)
    .where('a.deleted_at', 'is', null)
    .where((eb) =>
      eb.or([
        eb('u.key', '=', callerKey),
        eb.and([
          eb('w.visibility', '>=', PUBLIC),
          eb('a.visibility', '>=', PUBLIC),
          eb('u.visibility', '>=', PUBLIC),
        ]),
      ]),
    )
    .executeTakeFirst();
  return row?.key;
}
