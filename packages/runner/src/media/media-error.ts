export type MediaErrorReason = 'empty' | 'unsupported-format' | 'too-large' | 'corrupt';

/** An input cannot become pixels or text; the caller's fault, one input only. */
export class MediaError extends Error {
  override readonly name = 'MediaError';
  readonly reason: MediaErrorReason;

  constructor(reason: MediaErrorReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
  }
}
