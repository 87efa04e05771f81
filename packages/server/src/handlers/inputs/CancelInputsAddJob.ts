import { transaction } from '@limpid/store';
import { cancelInputJob, getInputJob } from '@limpid/store/db/input-jobs';
import { notFound } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { jobMessage } from './job-message.ts';

/** Inputs that nobody has begun fail; those in work are finished. */
export const CancelInputsAddJob = rpc(
  'CancelInputsAddJob',
  { scope: 'app' },
  async (call, request) => {
    const { deps, scope } = call;
    const job = await transaction(deps.db, async (tx) => {
      const found = await getInputJob(tx, scope, request.id);
      if (!found) throw notFound();
      await cancelInputJob(tx, found.key, 'the job was cancelled');
      return await getInputJob(tx, scope, request.id);
    });
    if (!job) throw notFound();
    return { inputsAddJob: jobMessage(job) };
  },
);
