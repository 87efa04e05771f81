import { pageOf } from '@limpid/domain/page';
import { listInputJobs } from '@limpid/store/db/input-jobs';
import { rpc } from '../../rpc/rpc.ts';
import { jobMessage } from './job-message.ts';

/** Newest first. */
export const ListInputsAddJobs = rpc(
  'ListInputsAddJobs',
  { scope: 'app' },
  async (call, request) => {
    const rows = await listInputJobs(call.deps.db, call.scope, pageOf(request));
    return { inputsAddJobs: rows.map(jobMessage) };
  },
);
