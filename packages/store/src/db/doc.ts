// A resource is its columns plus its message: what is filtered or sorted by are columns, the message stands whole in
// one `body jsonb`, mapped here by its descriptor.
import {
  type DescMessage,
  fromJson,
  type JsonObject,
  type JsonValue,
  type MessageShape,
  type Registry,
  toJson,
} from '@bufbuild/protobuf';
import { readStoredJson } from '@limpid/wire/codec/index';
import { invalidArgument } from '@limpid/wire/status';

export interface DocOptions<D extends DescMessage> {
  /** Fields that stand in columns and are left out of the body. */
  readonly omit?: readonly FieldName<D>[];
  /** Knows the types inside `google.protobuf.Any` and extensions. */
  readonly registry?: Registry;
}

export type FieldName<D extends DescMessage> = Extract<keyof D['field'], string>;

/** The text of a `body` column. Enums are numbers and fields keep their proto names, so that SQL can read them. */
export function writeDoc<D extends DescMessage>(
  desc: D,
  message: MessageShape<D>,
  options: DocOptions<D> = {},
): string {
  // Only well-known types become anything but an object, and no resource is one.
  const json = toJson(desc, message, {
    useProtoFieldName: true,
    enumAsInteger: true,
    registry: options.registry,
  }) as JsonObject;
  for (const name of options.omit ?? []) {
    const field = desc.field[name];
    if (field) delete json[field.name];
  }
  const text = JSON.stringify(json);
  refuseUnstorable(desc, text);
  return text;
}

/** The message of a `body` column, as the driver parsed it. Fields that this release no longer knows are dropped. */
export function readDoc<D extends DescMessage>(
  desc: D,
  body: unknown,
  options: Pick<DocOptions<D>, 'registry'> = {},
): MessageShape<D> {
  // The driver's JSON.parse made it.
  const json = body as JsonValue;
  const { registry } = options;
  if (registry) return fromJson(desc, json, { ignoreUnknownFields: true, registry });
  return readStoredJson(desc, json);
}

// JSON.stringify escapes exactly these; a text that merely holds such letters has its backslash doubled.
const unstorable = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f][0-9a-f]{2})/;

/** jsonb holds neither NUL nor half a surrogate pair, though protobuf and JSON do. */
function refuseUnstorable(desc: DescMessage, text: string): void {
  if (text.includes('\\u') && unstorable.test(text)) {
    throw invalidArgument(`${desc.name} has a text with a NUL or an unpaired surrogate character`);
  }
}
