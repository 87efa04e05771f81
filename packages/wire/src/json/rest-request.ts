import { type DescField, type DescMessage, type Message, ScalarType } from '@bufbuild/protobuf';
import { StructSchema, ValueSchema } from '@bufbuild/protobuf/wkt';
import type { Method } from '../methods.ts';
import { mergeJson, newMessage } from './decode.ts';

export interface RestInput {
  /** By field path, as the router matched them. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Parsed JSON; undefined or null without a body. Any verb may carry one: clients delete with. */
  readonly body: unknown;
}

/**
 * The request message of a REST call. What the path says beats the body, and the body beats the
 * query. Lists of the query repeat their key; a comma is part of a value.
 */
export function decodeRestRequest(method: Method, { params, query, body }: RestInput): Message {
  const desc = method.desc.input;
  const message = newMessage(desc);
  const names = new Set(query.keys());
  if (names.size > 0) {
    const tree: Tree = {};
    for (const name of names) plant(desc, tree, name.split('.'), query.getAll(name));
    mergeJson(desc, message, tree);
  }
  if (body !== undefined && body !== null) mergeJson(desc, message, body);
  const tree: Tree = {};
  for (const [name, value] of Object.entries(params)) plant(desc, tree, name.split('.'), [value]);
  mergeJson(desc, message, tree);
  return message;
}

interface Tree {
  [name: string]: unknown;
}

/** Puts texts where JSON would have them, `user_app_id.app_id` below `user_app_id`. */
function plant(desc: DescMessage, tree: Tree, steps: readonly string[], texts: string[]): void {
  const [name, ...rest] = steps;
  // Only names of fields become keys, so no query can reach a prototype.
  const field = desc.fields.find((f) => f.name === name || f.jsonName === name);
  if (!field) return;
  if (rest.length > 0 && field.fieldKind === 'message') {
    const below = (tree[field.name] ?? {}) as Tree;
    tree[field.name] = below;
    plant(field.message, below, rest, texts);
  } else if (rest.length === 0) {
    tree[field.name] = leaf(field, texts);
  }
}

function leaf(field: DescField, texts: string[]): unknown {
  if (field.fieldKind === 'list') return texts.map((text) => coerce(field, text));
  return coerce(field, texts.at(-1) ?? '');
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['True', true],
  ['1', true],
  ['false', false],
  ['False', false],
  ['0', false],
]);

/** Numbers, enums and times are read from text anyway; what is left has other forms in a query. */
function coerce(field: DescField, text: string): unknown {
  const type = field.message?.fields[0]?.scalar ?? field.scalar;
  if (field.message?.typeName === StructSchema.typeName) return parseJson(text);
  if (field.message?.typeName === ValueSchema.typeName) return parseJson(text);
  // `?page=` is how forms send nothing.
  if (text === '' && type !== ScalarType.STRING && type !== ScalarType.BYTES) return null;
  return type === ScalarType.BOOL ? (BOOLEANS.get(text) ?? text) : text;
}

/** What is no JSON stays text, which the decoder of the field then judges. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
