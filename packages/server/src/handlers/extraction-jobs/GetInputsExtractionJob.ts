import { rpc } from '../../rpc/rpc.ts';
import { extractionMessage, requireExtractionJobs } from './extraction-message.ts';

export const GetInputsExtractionJob = rpc(
  'GetInputsExtractionJob',
  { scope: 'app' },
  async ({ deps, scope }, request) => {
    const rows = await requireExtractionJobs(deps.db, scope, [request.inputsExtractionJobId]);
    const [inputsExtractionJob] = rows.map((row) => extractionMessage(deps, scope, row));
    return { inputsExtractionJob };
  },
);
