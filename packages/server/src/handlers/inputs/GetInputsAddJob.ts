import { getInputJob } from '@limpid/store/db/input-jobs';
import { notFound } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { jobMessage } from './job-message.ts';

export const GetInputsAddJob = rpc('GetInputsAddJob', { scope: 'app' }, async (call, request) => {
  const job = await getInputJob(call.deps.db, call.scope, request.id);
  if (!job) throw notFound();
  return { inputsAddJob: jobMessage(job) };
});
