import {
  type DescMessage,
  fromJson,
  type JsonValue,
  type MessageShape,
  toBinary,
  toJson,
} from '@limpid/wire';
import { StatusError } from '@limpid/wire/status';
import { expect } from 'vitest';
import { applyPatch } from './apply.ts';
import type { PatchSpec } from './spec.ts';

/** For tests: applies JSON to JSON, and holds every call to leaving its arguments alone. */
export function run<Desc extends DescMessage>(
  desc: Desc,
  spec: PatchSpec<Desc>,
  action: string,
  current: JsonValue,
  patch: JsonValue,
): JsonValue {
  const given: [MessageShape<Desc>, MessageShape<Desc>] = [
    fromJson(desc, current),
    fromJson(desc, patch),
  ];
  const before = given.map((message) => toBinary(desc, message));
  const result = applyPatch(desc, given[0], given[1], action, spec);
  expect(given.map((message) => toBinary(desc, message))).toEqual(before);
  return toJson(desc, result, { useProtoFieldName: true });
}

export function failure(attempt: () => unknown): StatusError {
  try {
    attempt();
  } catch (error) {
    if (error instanceof StatusError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
