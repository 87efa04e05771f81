// Messages of every type that a call can carry, filled at random, for tests.
import {
  create,
  type DescField,
  type DescMessage,
  type JsonObject,
  type MessageShape,
  ScalarType,
} from '@bufbuild/protobuf';
import { isWrapperDesc, StructSchema } from '@bufbuild/protobuf/wkt';
import { methods } from '../../index.ts';

/** Repeatable: a linear congruential generator. */
export function createDice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >>> 8) % sides;
  };
}
type Dice = ReturnType<typeof createDice>;

const texts = [
  '',
  'a',
  'a photo of a dog',
  'ü',
  '日本語のテキスト',
  '🙂',
  'x'.repeat(300),
  '\0',
  'ÿ'.repeat(40),
];
const bigs = [0n, 1n, 127n, 128n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 53n, 2n ** 63n - 1n];
const numbers = [0, 1, 127, 128, 16_383, 16_384, 2 ** 21, 2 ** 31 - 1];
const signed = [-1, -128, -(2 ** 31)];
const pick = <T>(dice: Dice, of: readonly T[]): T => of[dice(of.length)] as T;

function scalar(type: ScalarType, dice: Dice): unknown {
  switch (type) {
    case ScalarType.STRING:
      return pick(dice, texts);
    case ScalarType.BYTES:
      return Uint8Array.from({ length: dice(200) }, () => dice(256));
    case ScalarType.BOOL:
      return dice(2) === 1;
    case ScalarType.FLOAT:
      return pick(
        dice,
        [0, -0, 0.5, -1.25, 1e10, Number.POSITIVE_INFINITY, Number.NaN].map(Math.fround),
      );
    case ScalarType.DOUBLE:
      return pick(dice, [0, 0.1, -1e300, Number.NaN]);
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return pick(dice, [...bigs, -1n, -(2n ** 63n)]);
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return pick(dice, [...bigs, 2n ** 64n - 1n]);
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return pick(dice, [...numbers, 2 ** 32 - 1]);
    default:
      return pick(dice, [...numbers, ...signed]);
  }
}

function json(dice: Dice, depth: number): JsonObject {
  const values = [
    null,
    true,
    1.5,
    'text',
    [1, 'two', null, { three: [] }],
    depth > 0 ? json(dice, depth - 1) : {},
  ];
  return Object.fromEntries(
    Array.from({ length: dice(4) }, (_, i) => [`key ${i}`, pick(dice, values)]),
  );
}

function single(field: DescField, dice: Dice, depth: number): unknown {
  if (!field.message) {
    return field.enum
      ? pick(dice, field.enum.values).number
      : scalar(field.scalar as ScalarType, dice);
  }
  if (field.fieldKind === 'message' && !field.oneof && isWrapperDesc(field.message)) {
    return scalar(field.message.fields[0]?.scalar as ScalarType, dice);
  }
  const isInside = field.parent.typeName === 'google.protobuf.Value';
  if (field.message.typeName === StructSchema.typeName && !isInside) return json(dice, 2);
  return randomMessage(field.message, dice, depth - 1);
}

function keyOf(type: ScalarType, dice: Dice): string {
  return type === ScalarType.STRING ? pick(dice, texts) : String(scalar(type, dice));
}

function fill(message: Record<string, unknown>, field: DescField, dice: Dice, depth: number): void {
  if (field.message && depth === 0) return;
  const some = Array.from({ length: dice(4) });
  let value: unknown;
  if (field.fieldKind === 'list') value = some.map(() => single(field, dice, depth));
  else if (field.fieldKind === 'map')
    value = Object.fromEntries(
      some.map(() => [keyOf(field.mapKey, dice), single(field, dice, depth)]),
    );
  else value = single(field, dice, depth);
  if (field.oneof) message[field.oneof.localName] = { case: field.localName, value };
  else message[field.localName] = value;
}

export function randomMessage<D extends DescMessage>(
  desc: D,
  dice: Dice,
  depth = 4,
): MessageShape<D> {
  const message = create(desc);
  for (const field of desc.fields) {
    if (dice(3) === 0) fill(message as unknown as Record<string, unknown>, field, dice, depth);
  }
  return message;
}

/** Every type that a call can carry. */
export const types = new Set<DescMessage>();
function collect(desc: DescMessage): void {
  if (types.has(desc)) return;
  types.add(desc);
  for (const { message } of desc.fields) if (message) collect(message);
}
for (const { desc } of methods()) for (const type of [desc.input, desc.output]) collect(type);
