import type { AppScope } from '@limpid/domain/access/authority';
import { type Tx, writeDoc } from '@limpid/store';
import { insertExtractionJob } from '@limpid/store/db/extraction-jobs';
import { insertInputJob } from '@limpid/store/db/input-jobs';
import { insertUploads, type NewUpload } from '@limpid/store/db/uploads';
import {
  clone,
  create,
  DataSchema,
  type Input,
  InputIDConflictResolution,
  InputSchema,
  type InputsUpload,
  invalidArgument,
  invalidRequest,
  isClientId,
  newHexId,
  StatusCode,
  StatusError,
  TextSchema,
  UploadSchema,
} from '@limpid/wire';
import type { Call } from '../../call.ts';
import type { Deps } from '../../deps.ts';
import { isRefused, prepareInputs } from '../../flows/ingest/prepare.ts';
import { conflict, lifetime } from '../../flows/upload/receive.ts';
import { newUpload } from '../uploads/upload-message.ts';

export interface PlannedUpload {
  readonly jobId: string;
  readonly upload: NewUpload;
  readonly suffixIds: boolean;
  /** JSON text. */
  readonly template: string;
}

/** Everything is checked now: once the upload is whole nobody is there to be told. */
export async function planUpload(
  deps: Deps,
  scope: AppScope,
  wanted: InputsUpload,
): Promise<PlannedUpload> {
  const jobId = wanted.inputsAddJobId || newHexId(deps.random);
  if (!isClientId(jobId)) throw invalidRequest(`'${jobId.slice(0, 80)}' is not a valid job id`);
  const template = wanted.inputTemplate ?? create(InputSchema);
  await checkTemplate(deps, scope, template);
  return {
    jobId,
    upload: newUpload(deps, wanted.upload ?? create(UploadSchema)),
    suffixIds: wanted.inputIdConflictResolution === InputIDConflictResolution.SUFFIX,
    template: writeDoc(InputSchema, template),
  };
}

/** A template is good when an input that has nothing else but a medium would be taken. */
async function checkTemplate(deps: Deps, scope: AppScope, template: Input): Promise<void> {
  if (template.id) throw invalidArgument('a template has no id', 'input');
  const { image, video, audio, text } = template.data ?? {};
  if (image || video || audio || text)
    throw invalidArgument('a template has no media of its own', 'input');
  const trial = clone(InputSchema, template);
  trial.data ??= create(DataSchema);
  trial.data.text = create(TextSchema, { raw: 'trial' });
  const [prepared] = await prepareInputs(deps, scope, [trial], new Map());
  if (prepared && isRefused(prepared)) throw prepared.refused;
}

export async function insertPlanned(
  tx: Tx,
  { deps, scope, caller }: Call<'app'>,
  planned: readonly PlannedUpload[],
): Promise<void> {
  for (const { jobId, upload, suffixIds, template } of planned) {
    const [made] = await insertUploads(tx, scope, [upload], lifetime(deps));
    if (!made) throw conflict(`an upload with ID '${upload.id}' already exists`);
    const inputJob = await insertInputJob(tx, scope, jobId);
    if (inputJob === undefined)
      throw new StatusError(StatusCode.JOB_CONFLICT, {
        details: `a job with ID '${jobId}' already exists`,
      });
    const id = newHexId(deps.random);
    const { userKey } = caller;
    await insertExtractionJob(tx, scope, {
      id,
      inputJob,
      upload: made.key,
      userKey,
      suffixIds,
      template,
    });
  }
}
