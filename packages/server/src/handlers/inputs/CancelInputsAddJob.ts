import { transaction } from '@limpid/store';
import { cancelExtractions, extractionJobsOf } from '@limpid/store/db/extraction-jobs';
import { cancelInputJob, getInputJob } from '@limpid/store/db/input-jobs';
import { notFound } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { presentJobs } from './job-message.ts';

/** Archives are left as they are, and inputs that nobody has begun fail; those in work are finished. */
export const CancelInputsAddJob = rpc(
  'CancelInputsAddJob',
  { scope: 'app' },
  async (call, request) => {
    const { deps, scope } = call;
    const job = await transaction(deps.db, async (tx) => {
      const found = await getInputJob(tx, scope, request.id);
      if (!found) throw notFound();
      const archives = await extractionJobsOf(tx, scope, [found.key]);
      await cancelExtractions(
        tx,
        archives.map(({ key }) => key),
      );
      await cancelInputJob(tx, found.key, 'the job was cancelled');
      return await getInputJob(tx, scope, request.id);
    });
    if (!job) throw notFound();
    const [inputsAddJob] = await presentJobs(deps, scope, [job]);
    return { inputsAddJob };
  },
);
