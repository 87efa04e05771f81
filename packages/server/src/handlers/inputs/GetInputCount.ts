import { countInputsByStatus, inputStatus } from '@limpid/store/db/inputs';
import { rpc } from '../../rpc/rpc.ts';

/** How many inputs are done, waiting, in work and failed. */
export const GetInputCount = rpc('GetInputCount', { scope: 'app' }, async (call) => {
  const counted = await countInputsByStatus(call.deps.db, call.scope);
  const of = (code: number): number => counted.get(code) ?? 0;
  const { done, pending, running } = inputStatus;
  const all = [...counted.values()].reduce((sum, count) => sum + count, 0);
  const errors = all - of(done) - of(pending) - of(running);
  return {
    counts: { processed: of(done), toProcess: of(pending), processing: of(running), errors },
  };
});
