// Step 8: the status that every answer carries.
import { create, type Message, type MessageInitShape } from '@bufbuild/protobuf';
import {
  internalError,
  type Method,
  StatusCode,
  StatusError,
  type StatusSchema,
  statusInfo,
} from '@limpid/wire';
import type { Logger } from '../logger.ts';

type StatusInit = MessageInitShape<typeof StatusSchema>;

/** Completes a handler's reply: 10000 unless it set a status of its own, and always the request id. */
export function respond(method: Method, reqId: string, reply: object): Message {
  const own = (reply as { status?: StatusInit }).status;
  const code = own?.code ?? StatusCode.SUCCESS;
  const status = { description: statusInfo(code).description, ...own, code, reqId };
  const desc = method.desc.output;
  // Two RPCs answer with the bare status envelope itself.
  return create(desc, { ...reply, status } as MessageInitShape<typeof desc>);
}

/** The in-band answer to a failed call. What is not a StatusError is a bug: logged, and shown without its message. */
export function refuse(method: Method, reqId: string, error: unknown, log: Logger): Message {
  const shown = error instanceof StatusError ? error : internalError(error);
  if (shown !== error) log.error({ err: error }, 'unexpected failure');
  const { code, description, details } = shown;
  return respond(method, reqId, { status: { code, description, details: details || description } });
}

/** The code of an answer, 0 when it has none. */
export function codeOf(message: Message): number {
  const status = (message as unknown as { status?: { code?: number } }).status;
  return status?.code ?? 0;
}
