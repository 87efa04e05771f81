import type { JsonObject, JsonValue } from '@limpid/wire';
import { invalidArgument } from '@limpid/wire/status';

// Deeper values would exhaust the stack here or in the codecs behind us.
const maxDepth = 100;

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function deeper(depth: number): number {
  if (depth >= maxDepth) {
    throw invalidArgument(`metadata is nested deeper than ${maxDepth} levels`, 'patch');
  }
  return depth + 1;
}

// Map and fromEntries, because a plain assignment to a key named __proto__ would not store it.
function entriesOf(object: JsonObject): Map<string, JsonValue> {
  return new Map(Object.entries(object));
}

function idOf(item: JsonValue): JsonValue | undefined {
  return isObject(item) && Object.hasOwn(item, 'id') ? item.id : undefined;
}

function mergeObjects(current: JsonObject, patch: JsonObject, depth: number): JsonObject {
  const result = entriesOf(current);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) continue;
    result.set(key, merge(result.get(key), value, depth));
  }
  return Object.fromEntries(result);
}

function mergeLists(current: JsonValue[], patch: JsonValue[], depth: number): JsonValue[] {
  const result = [...current];
  const places = new Map(result.map((item, place) => [idOf(item), place]));
  for (const item of patch) {
    const id = idOf(item);
    const place = id === undefined ? undefined : places.get(id);
    if (place !== undefined) result[place] = merge(result[place], item, depth);
    else places.set(id, result.push(item) - 1);
  }
  return result;
}

function merge(current: JsonValue | undefined, patch: JsonValue, depth: number): JsonValue {
  if (Array.isArray(patch)) {
    if (patch.length === 0 || !Array.isArray(current)) return patch;
    return mergeLists(current, patch, deeper(depth));
  }
  if (!isObject(patch) || !isObject(current) || Object.keys(patch).length === 0) return patch;
  return mergeObjects(current, patch, deeper(depth));
}

/**
 * Action `merge` on free-form JSON: keys are set, objects merge deeply, list elements with the same `id` merge in
 * place and others are appended; null changes nothing, while `{}` and `[]` replace.
 */
export function mergeJson(current: JsonObject, patch: JsonObject): JsonObject {
  return mergeObjects(current, patch, 0);
}

function hasMarker(value: JsonValue, depth: number): boolean {
  if (value === true) return true;
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some((inner) => hasMarker(inner, deeper(depth)));
}

function removeFromObject(current: JsonObject, patch: JsonObject, depth: number): JsonObject {
  const result = entriesOf(current);
  for (const [key, value] of Object.entries(patch)) {
    if (value === true) result.delete(key);
    else if (value !== null) removeAt(result, key, value, depth);
  }
  return Object.fromEntries(result);
}

function removeAt(
  result: Map<string, JsonValue>,
  key: string,
  patch: JsonObject | JsonValue[] | string | number | false,
  depth: number,
): void {
  if (typeof patch !== 'object') {
    result.set(key, patch);
    return;
  }
  if (Object.keys(patch).length === 0) return;
  const current = result.get(key);
  const left = Array.isArray(patch)
    ? removeFromList(Array.isArray(current) ? current : [], patch, deeper(depth))
    : removeFromObject(isObject(current) ? current : {}, patch, deeper(depth));
  // Removing from what was never there must not create it.
  if (current !== undefined || Object.keys(left).length > 0) result.set(key, left);
}

function removeFromList(current: JsonValue[], patch: JsonValue[], depth: number): JsonValue[] {
  const nameless = patch.filter((item) => idOf(item) === undefined);
  if (nameless.some((item) => hasMarker(item, depth))) {
    throw invalidArgument('only list elements with an id can be removed', 'patch');
  }
  const ids = new Set(patch.map(idOf));
  const left = current.filter((item) => idOf(item) === undefined || !ids.has(idOf(item)));
  return [...left, ...nameless];
}

/**
 * Action `remove` on free-form JSON: `true` deletes a key, list elements with an `id` delete their like, any other
 * value overwrites; null and empty values change nothing.
 */
export function removeJson(current: JsonObject, patch: JsonObject): JsonObject {
  return removeFromObject(current, patch, 0);
}
