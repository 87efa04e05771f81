import { uploadLimits } from '@limpid/domain/upload/limits';
import { transaction } from '@limpid/store';
import { getInputJobs } from '@limpid/store/db/input-jobs';
import { invalidRequest } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { presentJobs } from '../inputs/job-message.ts';
import { insertPlanned, type PlannedUpload, planUpload } from './plan-upload.ts';

/** Begins uploads of archives, all or none, each with a job of its own. Once one is whole, inputs are made of it. */
export const PostInputsUploads = rpc(
  'PostInputsUploads',
  { scope: 'app' },
  async (call, request) => {
    const { deps, scope } = call;
    const wanted = request.inputsUploads;
    if (wanted.length === 0 || wanted.length > uploadLimits.perCall)
      throw invalidRequest(`give 1 to ${uploadLimits.perCall} inputs_uploads`);
    const planned: PlannedUpload[] = [];
    for (const upload of wanted) planned.push(await planUpload(deps, scope, upload));
    await transaction(deps.db, (tx) => insertPlanned(tx, call, planned));
    const rows = await getInputJobs(
      deps.db,
      scope,
      planned.map(({ jobId }) => jobId),
    );
    return { inputsAddJobs: await presentJobs(deps, scope, rows) };
  },
);
