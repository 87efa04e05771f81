// Services beside the API: small messages, no credentials, gRPC codes of their own.
import {
  type DescMessage,
  fromBinary,
  fromJson,
  type JsonValue,
  toBinary,
  toJson,
} from '@bufbuild/protobuf';
import { badRequestFormat } from '@limpid/wire';
import type { Lease } from '../limits.ts';
import { defaultProgress } from '../progress.ts';
import type { GrpcCall } from './call.ts';

/** Answers one call of one path. Never rejects. */
export type SideMethod = (call: GrpcCall) => Promise<void>;
export type SideMethods = Readonly<Record<string, SideMethod>>;

const MAX_BYTES = 64 * 1024;
const noLease: Lease = { grow: () => true, release: () => {} };

/** The requests of a call, in the JSON form of their message. */
export async function* readJson(
  call: GrpcCall,
  desc: DescMessage,
): AsyncGenerator<JsonValue, void> {
  const frames = call.read({
    maxBytes: MAX_BYTES,
    progress: defaultProgress,
    reserve: () => noLease,
  });
  try {
    for (let frame = await frames.next(); frame; frame = await frames.next()) {
      const bytes = await call.contents(frame, MAX_BYTES);
      yield toJson(desc, fromBinary(desc, bytes), { useProtoFieldName: true });
    }
  } finally {
    frames.stop();
  }
}

export async function readOneJson(call: GrpcCall, desc: DescMessage): Promise<JsonValue> {
  for await (const request of readJson(call, desc)) return request;
  throw badRequestFormat('The call came without a request');
}

export function sendJson(call: GrpcCall, desc: DescMessage, message: JsonValue): Promise<void> {
  return call.send(toBinary(desc, fromJson(desc, message)));
}
