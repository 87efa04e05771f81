// An app with inputs, labels and vectors by script; imported by tests alone.
import { type AppScope, grantApp } from '@limpid/domain/access/authority';
import { transaction } from '@limpid/store';
import { insertAnnotations } from '@limpid/store/db/annotations';
import { ensureConcepts } from '@limpid/store/db/concepts';
import { insertEmbeddings } from '@limpid/store/db/embeddings';
import { findAppForScope } from '@limpid/store/db/scopes';
import type { TestPlatform, TestUser } from '@limpid/testkit/platform';
import type { MessageInitShape, SearchSchema } from '@limpid/wire';
import { sql } from 'kysely';

export type SearchInit = MessageInitShape<typeof SearchSchema>;
export type QueryInit = NonNullable<SearchInit['query']>;

export interface Place {
  readonly at: { readonly userAppId: { readonly userId: string; readonly appId: string } };
  readonly scope: AppScope;
  /** Texts, by id, taken in as any other. */
  post(...inputs: readonly object[]): Promise<void>;
  annotate(...annotations: readonly object[]): Promise<void>;
  /** Key of a new model version, which is a space of vectors. */
  addSpace(id: string, modelTypeId: string): Promise<bigint>;
  embed(space: bigint, inputId: string, vector: readonly number[], region?: object): Promise<void>;
  /** What a model says of an input: values by concept. */
  predict(
    version: bigint,
    inputId: string,
    values: Readonly<Record<string, number>>,
  ): Promise<void>;
  inputKey(id: string): Promise<bigint>;
}

export async function openPlace(
  platform: TestPlatform,
  owner: TestUser,
  appId: string,
  app: object = {},
): Promise<Place> {
  const { db } = platform.deps;
  const made = await platform.call('PostApps', { apps: [{ id: appId, ...app }] }, owner);
  if (made.status?.code !== 10000) throw new Error(made.status?.details);
  const found = await findAppForScope(db, owner.id, appId);
  if (!found) throw new Error(`the app ${appId} is missing`);
  const { appKey } = found;
  const user = { userKey: owner.key, userId: owner.id, standing: 'owner' } as const;
  const scope = grantApp({ appKey, appId, ...user });
  const at = { userAppId: { userId: owner.id, appId } };

  async function inputKey(id: string): Promise<bigint> {
    const query = db.selectFrom('inputs').select('key').where('app_key', '=', appKey);
    return (await query.where('id', '=', id).executeTakeFirstOrThrow()).key;
  }

  return {
    at,
    scope,
    inputKey,
    post: async (...inputs) => {
      const answer = await platform.call('PostInputs', { ...at, inputs: [...inputs] }, owner);
      if (answer.status?.code !== 10000) throw new Error(JSON.stringify(answer.status?.details));
      await platform.drain();
    },
    annotate: async (...annotations) => {
      const answer = await platform.call(
        'PostAnnotations',
        { ...at, annotations: [...annotations] },
        owner,
      );
      if (answer.status?.code !== 10000) throw new Error(answer.status?.details);
    },
    addSpace: async (id, modelTypeId) => {
      const { rows } = await sql<{ key: bigint }>`
        with m as (
          insert into models (app_key, id, model_type_id, name)
          values (${appKey}, ${id}, ${modelTypeId}, ${id}) returning key)
        insert into model_versions (model_key, id, status_code)
        select key, ${`${id}-v1`}, 21100 from m returning key`.execute(db);
      return rows[0]?.key ?? 0n;
    },
    embed: async (space, inputId, vector, region) => {
      const embedding = {
        inputKey: await inputKey(inputId),
        space,
        vector: Float32Array.from(vector),
        ...(region && { region: JSON.stringify(region) }),
      };
      await transaction(db, (tx) => insertEmbeddings(tx, scope, [embedding]));
    },
    predict: async (modelVersion, inputId, values) => {
      const key = await inputKey(inputId);
      const concepts = Object.keys(values).map((id) => ({ id, name: id }));
      await transaction(db, async (tx) => {
        const keys = await ensureConcepts(tx, scope, concepts);
        await insertAnnotations(tx, scope, [
          {
            inputKey: key,
            id: `p-${modelVersion}-${inputId}`,
            inputLevel: false,
            statusCode: 24150,
            modelVersion,
            body: JSON.stringify({
              data: { concepts: concepts.map(({ id }) => ({ id, value: values[id] })) },
            }),
            concepts: concepts.map(({ id }) => ({
              conceptKey: keys.get(id) ?? 0n,
              value: values[id] ?? 0,
            })),
          },
        ]);
      });
    },
  };
}

export function text(id: string, data: object = {}) {
  return { id, data: { text: { raw: `text of ${id}` }, ...data } };
}

/** A concept, with its value where that is not 1. */
export type Named = string | readonly [string, number];

export function labels(...concepts: readonly Named[]) {
  return {
    concepts: concepts.map((concept) => {
      const [id, value] = typeof concept === 'string' ? [concept, 1] : concept;
      return { id, value };
    }),
  };
}
