// What the caller wants to see of a model's concepts: the named ones, those above a value, the best so many.
import type { Concept, Data, OutputConfig } from '@limpid/wire';

const DEFAULT_CONCEPTS = 20;
const MOST_CONCEPTS = 200;

/** Applies the configuration to data and to its regions and frames, in place. */
export function applyOutputConfig(data: Data, config: OutputConfig | undefined): void {
  data.concepts = chooseConcepts(data.concepts, config);
  for (const region of data.regions)
    if (region.data) region.data.concepts = chooseConcepts(region.data.concepts, config);
  data.regions = chooseRegions(data, config);
  for (const frame of data.frames) if (frame.data) applyOutputConfig(frame.data, config);
}

function chooseConcepts(concepts: readonly Concept[], config: OutputConfig | undefined): Concept[] {
  const best = [...concepts].sort((a, b) => b.value - a.value);
  const selected = config?.selectConcepts ?? [];
  if (selected.length > 0) {
    // Named concepts are wanted whatever their value, by id or by name.
    const ids = new Set(selected.map(({ id }) => id).filter(Boolean));
    const names = new Set(selected.map(({ name }) => name).filter(Boolean));
    return best.filter(({ id, name }) => ids.has(id) || names.has(name));
  }
  const least = config?.minValue ?? 0;
  const most = Math.min(config?.maxConcepts || DEFAULT_CONCEPTS, MOST_CONCEPTS);
  return best.filter(({ value }) => value >= least).slice(0, most);
}

/** A region that named something and lost it has nothing left to say. */
function chooseRegions(data: Data, config: OutputConfig | undefined): Data['regions'] {
  const isChosen = (config?.selectConcepts.length ?? 0) > 0 || (config?.minValue ?? 0) > 0;
  if (!isChosen) return data.regions;
  const least = config?.minValue ?? 0;
  return data.regions.filter((region) => {
    const concepts = region.data?.concepts ?? [];
    return concepts.length > 0 || ((region.data?.text?.raw ?? '') !== '' && region.value >= least);
  });
}
