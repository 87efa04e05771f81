import { StatusError } from '@limpid/wire/status';

const resourceExhausted = 98014;

/** What a full disk means to a caller; any other error comes back as it was. */
export function explainFull(error: unknown): unknown {
  if (!isFull(error)) return error;
  return new StatusError(resourceExhausted, { details: 'the disk is full', cause: error });
}

/** True for a disk without room, and for a quota that is used up. */
export function isFull(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOSPC' || code === 'EDQUOT';
}
