import { CancelInputsAddJob } from './CancelInputsAddJob.ts';
import { DeleteInput } from './DeleteInput.ts';
import { DeleteInputs } from './DeleteInputs.ts';
import { GetInput } from './GetInput.ts';
import { GetInputCount } from './GetInputCount.ts';
import { GetInputsAddJob } from './GetInputsAddJob.ts';
import { ListInputs } from './ListInputs.ts';
import { ListInputsAddJobs } from './ListInputsAddJobs.ts';
import { PatchInputs } from './PatchInputs.ts';
import { PostInputs } from './PostInputs.ts';
import { StreamInputs } from './StreamInputs.ts';

export const inputs = {
  CancelInputsAddJob,
  DeleteInput,
  DeleteInputs,
  GetInput,
  GetInputCount,
  GetInputsAddJob,
  ListInputs,
  ListInputsAddJobs,
  PatchInputs,
  PostInputs,
  StreamInputs,
};
