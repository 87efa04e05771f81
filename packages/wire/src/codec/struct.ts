// `google.protobuf.Struct` as the plain object that stands for it in other messages.
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import type { ListValue, Struct as StructMessage, Value } from '@bufbuild/protobuf/wkt';

export type Struct = StructMessage;

export function fromStruct({ fields }: Struct): JsonObject {
  const json: JsonObject = {};
  for (const [key, value] of Object.entries(fields)) json[key] = fromValue(value);
  return json;
}

function fromValue({ kind }: Value): JsonValue {
  switch (kind.case) {
    case 'structValue':
      return fromStruct(kind.value);
    case 'listValue':
      return kind.value.values.map(fromValue);
    case 'nullValue':
    case undefined:
      return null;
    default:
      return kind.value;
  }
}

export function toStruct(json: JsonObject): Struct {
  const fields: Record<string, Value> = {};
  for (const [key, value] of Object.entries(json)) fields[key] = toValue(value);
  return { $typeName: 'google.protobuf.Struct', fields };
}

function toValue(json: JsonValue): Value {
  return { $typeName: 'google.protobuf.Value', kind: kindOf(json) };
}

function kindOf(json: JsonValue): Value['kind'] {
  switch (typeof json) {
    case 'number':
      return { case: 'numberValue', value: json };
    case 'string':
      return { case: 'stringValue', value: json };
    case 'boolean':
      return { case: 'boolValue', value: json };
    default:
      if (json === null) return { case: 'nullValue', value: 0 };
      if (Array.isArray(json)) return { case: 'listValue', value: listOf(json) };
      return { case: 'structValue', value: toStruct(json) };
  }
}

function listOf(values: readonly JsonValue[]): ListValue {
  return { $typeName: 'google.protobuf.ListValue', values: values.map(toValue) };
}
