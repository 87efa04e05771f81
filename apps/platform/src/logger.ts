import type { Logger } from '@limpid/server/logger';
import { pino } from 'pino';

// Whatever a line holds, these never reach the log.
const SECRETS = ['authorization', 'password', 'pat', 'secret', 'token', 'session_token'];
const REDACTED = SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`, `headers.${name}`]);

/** JSON lines on stderr: stdout is for what the operator asked to see. */
export function createLogger(level: string): Logger {
  const redact = {
    paths: [...REDACTED, 'headers["x-clarifai-session-token"]', 'headers.cookie'],
    censor: '[redacted]',
  };
  return pino(
    { level, redact, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination(2),
  );
}
