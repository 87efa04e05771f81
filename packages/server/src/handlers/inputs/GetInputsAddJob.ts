import { getInputJob } from '@limpid/store/db/input-jobs';
import { notFound } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { presentJobs } from './job-message.ts';

export const GetInputsAddJob = rpc('GetInputsAddJob', { scope: 'app' }, async (call, request) => {
  const { deps, scope } = call;
  const row = await getInputJob(deps.db, scope, request.id);
  if (!row) throw notFound();
  const [inputsAddJob] = await presentJobs(deps, scope, [row]);
  return { inputsAddJob };
});
