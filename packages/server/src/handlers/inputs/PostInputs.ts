import { InputIDConflictResolution } from '@limpid/wire';
import { acceptInputs } from '../../flows/ingest/accept.ts';
import { rpc } from '../../rpc/rpc.ts';
import { answerCall } from './answer-call.ts';

/** Takes inputs in. They are processed after the answer, which tells for each whether it was taken. */
export const PostInputs = rpc('PostInputs', { scope: 'app' }, async (call, request) => {
  const { deps, caller, scope } = call;
  const suffix = request.inputIdConflictResolution === InputIDConflictResolution.SUFFIX;
  const outcome = await acceptInputs(deps, caller, scope, {
    inputs: request.inputs,
    jobId: request.inputsAddJobId,
    onConflict: suffix ? 'suffix' : 'refuse',
  });
  return await answerCall(call, request, outcome);
});
