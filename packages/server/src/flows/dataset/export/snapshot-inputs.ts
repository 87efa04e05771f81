// What a version's snapshot holds, as inputs again.
import type { AppScope } from '@limpid/domain/access/authority';
import type { MediaEntry } from '@limpid/domain/input/media';
import {
  readSnapshot,
  type SnapshotInput,
  type SnapshotRow,
} from '@limpid/store/db/dataset-snapshots';
import { readDoc } from '@limpid/store/db/doc';
import {
  AnnotationSchema,
  type Concept,
  create,
  type Data,
  DataSchema,
  type Input,
  InputSchema,
  unavailable,
} from '@limpid/wire';
import type { Deps } from '../../../deps.ts';
import { assembleInput, inputPlace, nameConcepts } from '../../../present/inputs.ts';

export interface ExportSource {
  readonly deps: Deps;
  readonly scope: AppScope;
  readonly version: bigint;
  readonly signal: AbortSignal;
}

export interface SnapshotItem {
  readonly ordinal: bigint;
  /** Only id and data, as the contract has it. */
  readonly input: Input;
  readonly media: readonly MediaEntry[];
}

const batchSize = 100;

/** The inputs of the snapshot in their order, batch by batch. */
export async function* snapshotBatches(source: ExportSource): AsyncGenerator<SnapshotItem[]> {
  const { deps, scope, version, signal } = source;
  for (let after = 0n; ; ) {
    if (signal.aborted) throw unavailable('the platform is stopping');
    const rows = await readSnapshot(deps.db, version, after, batchSize);
    const end = rows.at(-1);
    if (!end) return;
    const items = rows.map((row) => toItem(deps, scope, row));
    await nameConcepts(
      source,
      items.flatMap(({ input }) => input.data ?? []),
    );
    yield items;
    if (rows.length < batchSize) return;
    after = end.ordinal;
  }
}

function toItem(deps: Deps, scope: AppScope, { ordinal, input_id: id, body }: SnapshotRow) {
  const createdAt = new Date(body.created_at);
  const whole = assembleInput(
    labelledData(body),
    { ...body, id, status_details: '', created_at: createdAt, modified_at: createdAt },
    inputPlace(deps, scope),
  );
  const input = create(InputSchema, { id, data: whole.data });
  return { ordinal, input, media: body.media ?? [] };
}

/** The media with all that people say of them. */
function labelledData(body: SnapshotInput): Data {
  const data = readDoc(DataSchema, body.data);
  const concepts = new Map<string, Concept>();
  for (const annotation of body.annotations) {
    const said = readDoc(AnnotationSchema, annotation.body).data;
    if (!said) continue;
    // Of several who speak of one concept, the last is heard.
    for (const concept of said.concepts) concepts.set(concept.id, concept);
    data.regions.push(...said.regions);
    data.frames.push(...said.frames);
    data.tracks.push(...said.tracks);
    data.timeSegments.push(...said.timeSegments);
  }
  data.concepts = [...concepts.values()];
  return data;
}
