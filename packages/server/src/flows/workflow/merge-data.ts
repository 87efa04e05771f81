// What a node is given: the outputs of the nodes before it, as one piece of data.
import { reflect } from '@bufbuild/protobuf/reflect';
import { mediaKinds } from '@limpid/domain/input/media';
import { leavesOf } from '@limpid/domain/workflow/leaves';
import { create, type Data, DataSchema } from '@limpid/wire';

/** Lists one after the other; of what there can be one only, the first. */
export function mergeData(parts: readonly Data[]): Data {
  const merged = create(DataSchema);
  const into = reflect(DataSchema, merged);
  for (const part of parts) {
    const from = reflect(DataSchema, part);
    for (const field of DataSchema.fields) {
      if (!from.isSet(field)) continue;
      if (field.fieldKind === 'list') {
        for (const item of from.get(field)) into.get(field).add(item);
      } else if (field.fieldKind !== 'map' && !into.isSet(field)) {
        into.set(field, from.get(field));
      }
    }
  }
  return merged;
}

/** Kinds of data that a message holds, frames looked into. */
export function kindsOf(data: Data): ReadonlySet<string> {
  const told = reflect(DataSchema, data);
  const kinds = DataSchema.fields.filter((field) => told.isSet(field)).map((field) => field.name);
  const [frame] = data.frames;
  return new Set([...kinds, ...(frame?.data ? kindsOf(frame.data) : [])]);
}

/**
 * Adds the media that earlier nodes were given, where nothing else here is what a model takes: nodes may look back
 * along the graph.
 */
export function lookBack(
  merged: Data,
  takes: readonly string[] | undefined,
  given: readonly Data[],
) {
  const wanted = leavesOf(takes);
  const here = kindsOf(merged);
  if (wanted === 'any' || [...wanted].some((kind) => here.has(kind))) return;
  const before = mergeData(given);
  for (const kind of mediaKinds) {
    if (merged[kind] || !before[kind]) continue;
    Object.assign(merged, { [kind]: before[kind] });
    // Frames say what another model saw in the same video.
    if (kind === 'video') merged.frames = [];
  }
}
