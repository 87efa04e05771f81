// Bytes ⇄ messages, for whoever reads or writes many. The same bytes and objects as the library's own functions.
import { type DescMessage, fromJson, type JsonValue, type MessageShape } from '@bufbuild/protobuf';
import { codecOf } from './compile.ts';
import { jsonReaderOf } from './compile-json.ts';
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

/**
 * The message of JSON as the library's `toJson` writes it with numbers for enums, by either name of its fields; those
 * that are not known are left out. Plain objects inside are taken over. What else the library reads, as names of enum
 * values, is left to it; it throws for a value of another type.
 */
export function readStoredJson<D extends DescMessage>(desc: D, json: JsonValue): MessageShape<D> {
  try {
    // The reader of a type makes messages of that type.
    return jsonReaderOf(desc)(json) as MessageShape<D>;
  } catch {
    return fromJson(desc, json, { ignoreUnknownFields: true });
  }
}
