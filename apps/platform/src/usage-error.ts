/** The command line was wrong; the message is all there is to say. */
export class UsageError extends Error {
  override name = 'UsageError';
}
