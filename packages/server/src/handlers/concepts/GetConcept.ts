import { rpc } from '../../rpc/rpc.ts';
import { conceptMessage, requireConcept } from './concept-message.ts';

export const GetConcept = rpc('GetConcept', { scope: 'app' }, async (call, request) => {
  const row = await requireConcept(call.deps.db, call.scope, request.conceptId);
  return { concept: conceptMessage(row, call.scope) };
});
