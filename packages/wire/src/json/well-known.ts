import {
  create,
  type DescMessage,
  fromJson,
  type JsonValue,
  type Message,
} from '@bufbuild/protobuf';
import {
  DurationSchema,
  isWrapperDesc,
  ListValueSchema,
  StructSchema,
  TimestampSchema,
  ValueSchema,
} from '@bufbuild/protobuf/wkt';
import type { JsonPath } from './fault.ts';
import { type Decode, scalarDecoder } from './scalars.ts';
import { parseDuration, parseTimestamp } from './time.ts';

export function isObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

export function isWellKnown(desc: DescMessage): boolean {
  return desc.typeName.startsWith('google.protobuf.');
}

/** The one key that an assignment would take for something else. */
export function checkKey(key: string, path: JsonPath): void {
  if (key === '__proto__') throw path.fault('this name is not allowed');
}

/** What proto3 JSON reads unlike other messages. Any and FieldMask are nowhere in the API. */
export function wellKnownDecoder(desc: DescMessage): Decode {
  if (isWrapperDesc(desc)) {
    const decode = bareDecoder(desc);
    return (json, path) => create(desc, { value: decode(json, path) });
  }
  switch (desc.typeName) {
    case TimestampSchema.typeName:
      return decodeTimestamp;
    case DurationSchema.typeName:
      return decodeDuration;
    case ValueSchema.typeName:
      return (json, path) => fromJson(ValueSchema, checkTree(json, path));
    case ListValueSchema.typeName:
      return decodeListValue;
    case StructSchema.typeName:
      return (json, path) => fromJson(StructSchema, decodeStruct(json, path));
    default:
      throw new Error(`no JSON form for ${desc.typeName}`);
  }
}

/** The scalar within a wrapper. */
export function bareDecoder(desc: DescMessage): Decode {
  const type = desc.fields[0]?.scalar;
  if (type === undefined) throw new Error(`${desc.typeName} wraps no scalar`);
  return scalarDecoder(type);
}

/** Kept as the JSON that it is, once nothing in it can do harm. */
export function decodeStruct(json: unknown, path: JsonPath): { [key: string]: JsonValue } {
  if (!isObject(json)) throw path.expected('an object', json);
  checkTree(json, path);
  return json as { [key: string]: JsonValue };
}

function decodeListValue(json: unknown, path: JsonPath): Message {
  if (!Array.isArray(json)) throw path.expected('a list', json);
  return fromJson(ListValueSchema, checkTree(json, path));
}

function decodeTimestamp(json: unknown, path: JsonPath): Message {
  const instant = typeof json === 'string' ? parseTimestamp(json) : undefined;
  if (!instant) throw path.expected('a time such as 2024-05-01T12:00:00Z', json);
  return create(TimestampSchema, instant);
}

function decodeDuration(json: unknown, path: JsonPath): Message {
  const instant = typeof json === 'string' ? parseDuration(json) : undefined;
  if (!instant) throw path.expected('a duration such as 1.5s', json);
  return create(DurationSchema, instant);
}

/** Parsed JSON of any shape: only its depth and that one key can do harm. */
function checkTree(json: unknown, path: JsonPath): JsonValue {
  if (Array.isArray(json)) {
    json.forEach((item, i) => {
      path.enter(i);
      checkTree(item, path);
      path.leave();
    });
  } else if (isObject(json)) {
    for (const key of Object.keys(json)) {
      path.enter(key);
      checkKey(key, path);
      checkTree(json[key], path);
      path.leave();
    }
  }
  // JSON.parse makes nothing else, and undefined members have no keys in what it makes.
  return json as JsonValue;
}
