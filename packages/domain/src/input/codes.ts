import { StatusCode, StatusError } from '@limpid/wire';
import type { MediaKind } from './media.ts';

const codes = {
  failed: [StatusCode.INPUT_FAILED, StatusCode.INPUT_VIDEO_DOWNLOAD_FAILED],
  format: [StatusCode.INPUT_UNSUPPORTED_FORMAT, StatusCode.INPUT_VIDEO_UNSUPPORTED_FORMAT],
  argument: [StatusCode.INPUT_INVALID_ARGUMENT, StatusCode.INPUT_VIDEO_INVALID_ARGUMENT],
  limit: [StatusCode.INPUT_OVER_LIMIT, StatusCode.INPUT_VIDEO_OVER_LIMIT],
  url: [StatusCode.INPUT_INVALID_URL, StatusCode.INPUT_VIDEO_INVALID_URL],
} as const;

/** What is wrong with a medium; videos have a family of codes of their own. */
export function mediaFault(
  fault: keyof typeof codes,
  kind: MediaKind,
  details: string,
  cause?: unknown,
): StatusError {
  const [general, video] = codes[fault];
  return new StatusError(kind === 'video' ? video : general, { details, cause });
}
