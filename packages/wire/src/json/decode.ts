import {
  create,
  type DescField,
  type DescMessage,
  type Message,
  ScalarType,
} from '@bufbuild/protobuf';
import { isWrapperDesc, StructSchema, ValueSchema } from '@bufbuild/protobuf/wkt';
import { JsonPath } from './fault.ts';
import { defaultFloat } from './options.ts';
import { type Decode, enumDecoder, scalarDecoder } from './scalars.ts';
import {
  bareDecoder,
  checkKey,
  decodeStruct,
  isObject,
  isWellKnown,
  wellKnownDecoder,
} from './well-known.ts';

/**
 * Reads REST JSON into a new message: names as declared or in camelCase, unknown names ignored, null
 * as if absent. Throws 11100 with the path of what it can't read.
 */
export function decodeJson(desc: DescMessage, json: unknown): Message {
  const message = newMessage(desc);
  mergeJson(desc, message, json);
  return message;
}

/** Like `decodeJson` into a message that `newMessage` made: what the JSON lacks stays. */
export function mergeJson(desc: DescMessage, message: Message, json: unknown): void {
  const path = new JsonPath();
  messagePlan(desc).merge(message as unknown as Fields, json, path);
}

/** An empty message as JSON requests start from: with `cl_default_float` applied. */
export function newMessage(desc: DescMessage): Message {
  // The plan builds what `create` would, only with other defaults.
  return messagePlan(desc).make() as unknown as Message;
}

/** A message under construction, seen as what every generated message is. */
type Fields = Record<string, unknown>;
type Put = (message: Fields, json: unknown, path: JsonPath) => void;

interface MessagePlan {
  make(): Fields;
  merge(message: Fields, json: unknown, path: JsonPath): void;
}

const plans = new WeakMap<DescMessage, MessagePlan>();

function messagePlan(desc: DescMessage): MessagePlan {
  const known = plans.get(desc);
  if (known) return known;
  let puts: ReadonlyMap<string, Put> | undefined;
  const plan: MessagePlan = {
    make: makerOf(desc),
    merge: (message, json, path) => {
      if (!isObject(json)) throw path.expected('an object', json);
      // Compiled on first use, so that messages may contain themselves.
      puts ??= compile(desc);
      for (const name of Object.keys(json)) {
        // A map, so that no name of a request can reach a prototype.
        const put = puts.get(name);
        if (!put) continue;
        path.enter(name);
        put(message, json[name], path);
        path.leave();
      }
    },
  };
  plans.set(desc, plan);
  return plan;
}

/** Copies one empty message instead of walking the descriptor for each. */
function makerOf(desc: DescMessage): () => Fields {
  const empty = create(desc) as unknown as Fields;
  for (const field of desc.fields) {
    const value = defaultFloat(field);
    if (value !== undefined) empty[field.localName] = value;
  }
  const lists = Object.keys(empty).filter((name) => Array.isArray(empty[name]));
  const groups = desc.oneofs.map((oneof) => oneof.localName);
  const maps = desc.fields.filter((f) => f.fieldKind === 'map').map((f) => f.localName);
  return () => {
    const message = { ...empty };
    for (const name of lists) message[name] = [];
    for (const name of groups) message[name] = { case: undefined };
    for (const name of maps) message[name] = {};
    return message;
  };
}

function compile(desc: DescMessage): ReadonlyMap<string, Put> {
  const puts = new Map<string, Put>();
  for (const field of desc.fields) {
    const put = compileField(field);
    puts.set(field.jsonName, put);
    puts.set(field.name, put);
  }
  return puts;
}

function compileField(field: DescField): Put {
  const decode = valueDecoder(field);
  const name = field.localName;
  if (field.oneof) return oneofPut(field, field.oneof.localName, decode);
  switch (field.fieldKind) {
    case 'list':
      return (message, json, path) => {
        if (json !== null) message[name] = decodeList(json, decode, path);
      };
    case 'map':
      return (message, json, path) => {
        if (json !== null) message[name] = decodeMap(json, decode, path);
      };
    case 'message':
      return isWellKnown(field.message)
        ? setPut(name, decode, field)
        : mergePut(field.message, name);
    case 'enum':
    case 'scalar':
      return setPut(name, decode, field);
    default:
      return field satisfies never;
  }
}

function setPut(name: string, decode: Decode, field: DescField): Put {
  const keepsNull = takesNull(field);
  return (message, json, path) => {
    if (json !== null || keepsNull) message[name] = decode(json, path);
  };
}

/** A second source of a request adds to a message that the first began, `user_app_id` above all. */
function mergePut(desc: DescMessage, name: string): Put {
  let plan: MessagePlan | undefined;
  return (message, json, path) => {
    if (json === null) return;
    plan ??= messagePlan(desc);
    message[name] ??= plan.make();
    plan.merge(message[name] as Fields, json, path);
  };
}

function oneofPut(field: DescField, group: string, decode: Decode): Put {
  const name = field.localName;
  const keepsNull = takesNull(field);
  return (message, json, path) => {
    if (json === null && !keepsNull) return;
    // A oneof is never undefined in a message; its shape is protobuf-es' own.
    const taken = (message[group] as { case?: string }).case;
    if (taken !== undefined && taken !== name) {
      throw path.fault(`only one member of ${field.oneof?.name} may be set`);
    }
    message[group] = { case: name, value: decode(json, path) };
  };
}

/** Null is a value of its own only where any JSON is. */
function takesNull(field: DescField): boolean {
  return field.message?.typeName === ValueSchema.typeName;
}

function decodeList(json: unknown, decode: Decode, path: JsonPath): unknown[] {
  if (!Array.isArray(json)) throw path.expected('a list', json);
  return json.map((item, i) => {
    path.enter(i);
    const value = decode(item, path);
    path.leave();
    return value;
  });
}

function decodeMap(json: unknown, decode: Decode, path: JsonPath): Fields {
  if (!isObject(json)) throw path.expected('an object', json);
  const map: Fields = {};
  for (const key of Object.keys(json)) {
    path.enter(key);
    checkKey(key, path);
    map[key] = decode(json[key], path);
    path.leave();
  }
  return map;
}

function valueDecoder(field: DescField): Decode {
  if (field.fieldKind === 'map' && field.mapKey !== ScalarType.STRING) {
    throw new Error(`${field}: only string keys are supported`);
  }
  if (field.message) return messageFieldDecoder(field, field.message);
  if (field.enum) return enumDecoder(field.enum);
  if (field.scalar === undefined) throw new Error(`${field}: a field of no type`);
  return scalarDecoder(field.scalar);
}

function messageFieldDecoder(field: DescField, desc: DescMessage): Decode {
  if (!isWellKnown(desc)) return messageDecoder(desc);
  // As a field of any kind, a Struct is held as the JSON object that it stands for; a wrapper is
  // held bare only as a single field.
  if (desc.typeName === StructSchema.typeName) return decodeStruct;
  const isBare = field.fieldKind === 'message' && !field.oneof;
  return isBare && isWrapperDesc(desc) ? bareDecoder(desc) : wellKnownDecoder(desc);
}

function messageDecoder(desc: DescMessage): Decode {
  let plan: MessagePlan | undefined;
  return (json, path) => {
    plan ??= messagePlan(desc);
    const message = plan.make();
    plan.merge(message, json, path);
    return message;
  };
}
