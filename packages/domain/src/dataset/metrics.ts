// What a dataset version holds, counted: as a whole, and by groups of inputs that have something in common.
import {
  create,
  type DatasetVersionMetricsGroup,
  DatasetVersionMetricsGroupSchema,
  DatasetVersionMetricsGroupType as GroupType,
} from '@limpid/wire';
import {
  type Counts,
  countInput,
  emptyCounts,
  type LabelledInput,
  metricsOf,
  positiveConcepts,
} from './counts.ts';

export interface Metrics {
  add(input: LabelledInput): void;
  /** The whole comes first, and is there for an empty version too. */
  groups(): DatasetVersionMetricsGroup[];
}

/** Groups stand side by side: none is a part of another. */
export const ROOT_PATH = '/';
/** The value of the group that holds every input. */
export const TOTAL = 'total';

const inputTypes: Readonly<Record<string, string>> = { image: 'images', video: 'videos' };
const PIXELS_PER_BIN = 400;

interface Group {
  readonly type: GroupType;
  readonly value: string | number;
  readonly counts: Counts;
}

export function createMetrics(): Metrics {
  const total: Group = { type: GroupType.INPUT_TYPE, value: TOTAL, counts: emptyCounts() };
  const groups = new Map<string, Group>();
  const groupOf = (type: GroupType, value: string | number): Counts => {
    const key = `${type} ${value}`;
    const group = groups.get(key) ?? { type, value, counts: emptyCounts() };
    groups.set(key, group);
    return group.counts;
  };
  return {
    add: (input) => {
      countInput(total.counts, input);
      const concepts = positiveConcepts(input.labels);
      for (const id of concepts) countInput(groupOf(GroupType.CONCEPT_ID, id), input, id);
      for (const [type, value] of traitsOf(input, concepts.size)) {
        countInput(groupOf(type, value), input);
      }
    },
    groups: () => [total, ...[...groups.values()].sort(inOrder)].map(groupMessage),
  };
}

/** What an input is grouped by, besides its concepts. */
function traitsOf(input: LabelledInput, concepts: number): [GroupType, string | number][] {
  const own = emptyCounts();
  countInput(own, input);
  const traits: [GroupType, string | number][] = [
    [GroupType.INPUT_TYPE, inputTypes[input.kind] ?? input.kind],
    [GroupType.CONCEPTS_COUNT, concepts],
    [GroupType.BOUNDING_BOXES_COUNT, own.boundingBoxesCount],
    [GroupType.POLYGONS_COUNT, own.polygonsCount],
    [GroupType.POINTS_COUNT, own.pointsCount],
    [GroupType.MASKS_COUNT, own.masksCount],
  ];
  const { width, height } = input;
  if (!width || !height) return traits;
  // Both name the lower end of their bin. Tenths are cut as whole numbers: 0.7 * 10 is less than 7.
  const pixels = Math.floor((width * height) / PIXELS_PER_BIN) * PIXELS_PER_BIN;
  const tenths = Math.floor((width * 10) / height);
  return [...traits, [GroupType.PIXELS_COUNT, pixels], [GroupType.ASPECT_RATIO, tenths / 10]];
}

function inOrder(a: Group, b: Group): number {
  if (a.type !== b.type) return a.type - b.type;
  if (typeof a.value === 'number' && typeof b.value === 'number') return a.value - b.value;
  return String(a.value) < String(b.value) ? -1 : 1;
}

function groupMessage({ type, value, counts }: Group): DatasetVersionMetricsGroup {
  return create(DatasetVersionMetricsGroupSchema, {
    parentPath: ROOT_PATH,
    type,
    value: {
      kind:
        typeof value === 'number' ? { case: 'numberValue', value } : { case: 'stringValue', value },
    },
    metrics: metricsOf(counts),
  });
}
