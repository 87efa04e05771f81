export type ModelErrorReason =
  | 'download'
  | 'checksum'
  | 'archive'
  | 'format'
  | 'conversion'
  | 'not-pulled';

/** A model could not be fetched, verified, unpacked, converted or opened; `reason` says which. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
  readonly reason: ModelErrorReason;

  constructor(reason: ModelErrorReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
  }
}
