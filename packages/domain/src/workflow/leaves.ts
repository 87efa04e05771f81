// What a field path of Data comes down to when nodes are connected: `regions[...].data.image` is an image in regions.

/** Kinds of data, or anything at all. */
export type Leaves = ReadonlySet<string> | 'any';

/** The kinds that the field entries of a model type name. */
export function leavesOf(entries: readonly string[] | undefined): Leaves {
  const paths = (entries ?? ['any'])
    .flatMap((entry) => entry.split(','))
    .map((path) => path.trim());
  if (paths.includes('any')) return 'any';
  return new Set(paths.flatMap(kindsOf));
}

function kindsOf(path: string): string[] {
  const kinds = path
    .split('.')
    .map((part) => part.replace('[...]', ''))
    .filter((part) => part !== 'data' && part !== 'region_info' && part !== '');
  // A region is told by its box, whatever else is known of it.
  return kinds.map((kind) => (kind === 'bounding_box' ? 'regions' : kind));
}

export function union(all: readonly Leaves[]): Leaves {
  if (all.includes('any')) return 'any';
  return new Set(all.flatMap((leaves) => (leaves === 'any' ? [] : [...leaves])));
}

/** Whether a node that needs one can work on the other. */
export function meets(needs: Leaves, reaching: Leaves): boolean {
  if (needs === 'any' || reaching === 'any') return true;
  return [...needs].some((kind) => reaching.has(kind));
}
