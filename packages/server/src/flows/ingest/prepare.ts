// Posted inputs made ready to be rows: checked, given ids, their messages turned into JSON.
import type { AppScope } from '@limpid/domain/access/authority';
import { type Label, settleLabels } from '@limpid/domain/input/labels';
import type { MediaEntry } from '@limpid/domain/input/media';
import { type ReadInput, readInput } from '@limpid/domain/input/read-input';
import { getDatasets } from '@limpid/store/db/datasets';
import { writeDoc } from '@limpid/store/db/doc';
import {
  AnnotationSchema,
  create,
  DataSchema,
  duplicateInputId,
  type Input,
  type JsonObject,
  newHexId,
  notFound,
  StatusError,
} from '@limpid/wire';
import type { Deps } from '../../deps.ts';
import { adoptOwnMedia, type OwnMedia } from './own-media.ts';

export interface ReadyItem extends ReadInput {
  /** JSON texts for the row. */
  readonly body: string;
  readonly metadataJson: string | undefined;
  readonly label:
    | { readonly id: string; readonly body: string; readonly concepts: readonly Label[] }
    | undefined;
  readonly datasetKeys: readonly bigint[];
  /** Media of ours whose bytes are to be copied. */
  readonly copies: readonly MediaEntry[];
  /** Equal for the same input however often it is sent; its bytes are not in it. */
  readonly signature: string;
}

export interface RefusedItem {
  readonly id: string;
  readonly refused: StatusError;
  readonly signature: string;
}

export type Prepared = ReadyItem | RefusedItem;

export function isRefused(item: Prepared): item is RefusedItem {
  return 'refused' in item;
}

/** Each input by itself: one that cannot be taken does not keep the others out. */
export async function prepareInputs(
  deps: Deps,
  scope: AppScope,
  inputs: readonly Input[],
  own: OwnMedia,
): Promise<Prepared[]> {
  const wanted = [...new Set(inputs.flatMap((input) => input.datasetIds))];
  const rows = await getDatasets(deps.db, scope, wanted);
  const datasets = new Map(rows.map((row) => [row.id, row.key]));
  const seen = new Set<string>();
  return inputs.map((input) => {
    try {
      const ready = prepare(deps, input, datasets, own);
      // Twins in one call are never suffixed: which of them was meant is unknown.
      if (seen.has(ready.id)) throw duplicateInputId();
      seen.add(ready.id);
      return ready;
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      const signature = `${input.id} ${error.code} ${error.details}`;
      return { id: input.id, refused: error, signature };
    }
  });
}

function prepare(
  deps: Deps,
  input: Input,
  datasets: ReadonlyMap<string, bigint>,
  own: OwnMedia,
): ReadyItem {
  const { read, copies } = adoptOwnMedia(readInput(input), own);
  const newId = () => newHexId(deps.random);
  const body = writeDoc(DataSchema, read.data);
  const metadata = read.metadata && metadataJson(read.metadata);
  // Before regions get ids, which are new each time.
  const labels = read.labels && writeDoc(DataSchema, read.labels);
  return {
    ...read,
    copies,
    id: read.id || newId(),
    body,
    metadataJson: metadata,
    signature: JSON.stringify([
      read.id,
      body,
      metadata,
      labels,
      read.place,
      read.datasetIds,
      copies,
    ]),
    label: read.labels && prepareLabels(read.labels, newId),
    datasetKeys: read.datasetIds.map((id) => {
      const key = datasets.get(id);
      if (key === undefined) throw notFound(`The dataset '${id.slice(0, 80)}' does not exist`);
      return key;
    }),
  };
}

/** JSON for the metadata column, refused where the database could not hold it. */
export function metadataJson(metadata: JsonObject): string {
  return writeDoc(DataSchema, create(DataSchema, { metadata })).slice('{"metadata":'.length, -1);
}

function prepareLabels(labels: NonNullable<ReadInput['labels']>, newId: () => string) {
  const concepts = settleLabels(labels, newId);
  const body = writeDoc(AnnotationSchema, create(AnnotationSchema, { data: labels }));
  return { id: newId(), body, concepts };
}
