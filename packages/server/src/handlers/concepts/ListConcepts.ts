import { pageOf } from '@limpid/domain/page';
import { listConcepts } from '@limpid/store/db/concepts';
import { rpc } from '../../rpc/rpc.ts';
import { conceptMessage } from './concept-message.ts';

/** The app's concepts in the order they were made. */
export const ListConcepts = rpc('ListConcepts', { scope: 'app' }, async (call, request) => {
  const rows = await listConcepts(call.deps.db, call.scope, request.id, pageOf(request));
  return { concepts: rows.map((row) => conceptMessage(row, call.scope)) };
});
