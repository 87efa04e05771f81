import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { AppScope } from '@limpid/domain/access/authority';
import { percentOf, uploadLimits } from '@limpid/domain/upload/limits';
import { type NewUpload, type UploadRow, uploadStatus } from '@limpid/store/db/uploads';
import {
  create,
  invalidRequest,
  isClientId,
  newHexId,
  StatusSchema,
  statusInfo,
  type Upload,
  UploadSchema,
} from '@limpid/wire';
import type { Deps } from '../../deps.ts';
import { uploadUrl } from '../../flows/upload/content.ts';

/** An upload as clients see it; it can be fetched once it is whole. */
export function uploadMessage(deps: Deps, scope: AppScope, row: UploadRow): Upload {
  const isDone = row.status_code === uploadStatus.done;
  return create(UploadSchema, {
    id: row.id,
    createdAt: timestampFromDate(row.created_at),
    modifiedAt: timestampFromDate(row.modified_at),
    expiresAt: timestampFromDate(row.expires_at),
    contentName: row.content_name,
    contentLength: row.content_length,
    contentUrl: isDone ? uploadUrl(deps, scope, row.id) : '',
    status: create(StatusSchema, {
      code: row.status_code,
      description: statusInfo(row.status_code).description,
      details: row.status_details,
      percentCompleted: percentOf(row.received, row.content_length),
    }),
  });
}

/** Checks an upload that is to be begun. */
export function newUpload({ random }: Pick<Deps, 'random'>, upload: Upload): NewUpload {
  const { contentName, contentLength } = upload;
  const id = upload.id || newHexId(random);
  if (!isClientId(id)) throw invalidRequest(`'${id.slice(0, 80)}' is not a valid upload id`);
  if (contentLength < 1n || contentLength > BigInt(uploadLimits.bytes))
    throw invalidRequest(`content_length must be from 1 to ${uploadLimits.bytes} bytes`);
  // A name is only told back, and never a place where anything is written.
  if (contentName.length > uploadLimits.nameLength || /\p{Cc}/u.test(contentName))
    throw invalidRequest('content_name is too long or holds control characters');
  return { id, contentName, contentLength };
}
