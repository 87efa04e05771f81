import type { Message } from '@bufbuild/protobuf';
import type { Method } from '@limpid/wire';
import { decodeMessage, encodeMessage } from '@limpid/wire/codec/index';

/** Bytes ⇄ messages of a method. */
export interface Codec {
  decode(method: Method, bytes: Uint8Array): Message;
  encode(method: Method, message: Message): Uint8Array;
}

export const protobufCodec: Codec = {
  decode: (method, bytes) => decodeMessage(method.desc.input, bytes),
  encode: (method, message) => encodeMessage(method.desc.output, message),
};
