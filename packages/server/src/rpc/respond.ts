// Step 8: the status that every answer carries.
import { isMessage, type Message, type MessageInitShape } from '@bufbuild/protobuf';
import {
  create,
  internalError,
  type Method,
  StatusCode,
  StatusError,
  StatusSchema,
  statusInfo,
} from '@limpid/wire';
import type { Logger } from '../logger.ts';

type StatusInit = MessageInitShape<typeof StatusSchema>;

/** Completes a handler's reply: 10000 unless it set a status of its own, and always a request id. */
export function respond(method: Method, reqId: string, reply: object): Message {
  const desc = method.desc.output;
  const status = create(StatusSchema, (reply as { status?: StatusInit }).status ?? {});
  status.code ||= StatusCode.SUCCESS;
  status.description ||= statusInfo(status.code).description;
  status.reqId ||= reqId;
  // A handler that relays hands on the message it got; create() would take that as it is.
  if (isMessage(reply, desc)) return Object.assign(reply, { status });
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
