// Bytes ⇄ messages, for whoever reads or writes many. The same bytes and objects as the library's own functions.
import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import { codecOf } from './compile.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

const writer = new Writer();

/** Throws for a value that its field can't hold. */
export function encodeMessage<D extends DescMessage>(
  desc: D,
  message: MessageShape<D>,
): Uint8Array<ArrayBuffer> {
  try {
    codecOf(desc).write(writer, message);
    return writer.finish();
  } finally {
    writer.reset();
  }
}

/** Bytes of the message are views of `bytes`. Throws for what is not such a message. */
export function decodeMessage<D extends DescMessage>(desc: D, bytes: Uint8Array): MessageShape<D> {
  // The codec of a type makes messages of that type.
  return codecOf(desc).read(new Reader(bytes), bytes.length) as MessageShape<D>;
}
