import { Logger } from 'graphile-worker';
import type { Log } from '../log.ts';

/** The queue's own messages. Its details hold whole payloads, so only the words are kept. */
export function graphileLogger(log: Log): Logger {
  return new Logger(() => (level, message) => {
    const text = message.split('\n', 1)[0] ?? '';
    switch (level) {
      case 'error':
      case 'warning':
        return log.warn({ queue: text }, 'the job queue reports');
      default:
        return log.debug({ queue: text }, 'the job queue reports');
    }
  });
}
