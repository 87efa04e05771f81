import { modelTypeManifests } from './registry.ts';

/** Ids of the types that take and give all of these fields; undefined when none is named. */
export function findTypesByFields(
  inputs: readonly string[],
  outputs: readonly string[],
): readonly string[] | undefined {
  if (inputs.length === 0 && outputs.length === 0) return undefined;
  return modelTypeManifests
    .filter((type) => names(type.inputs, inputs) && names(type.outputs, outputs))
    .map((type) => type.id);
}

function names(entries: readonly string[], wanted: readonly string[]): boolean {
  const paths = new Set(entries.flatMap((entry) => entry.split(',')));
  return wanted.flatMap((entry) => entry.split(',')).every((path) => paths.has(path.trim()));
}
