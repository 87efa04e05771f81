// Models by script in the place of runners, seeded as the instance's own; imported by tests alone.
import { type TestPlatform, testPlatform } from '@limpid/testkit/platform';
import {
  clone,
  create,
  type Data,
  DataSchema,
  InputSchema,
  type MessageInitShape,
  type MultiOutputResponse,
  MultiOutputResponseSchema,
  type PostModelOutputsRequest,
  PostModelOutputsRequestSchema,
  StatusCode,
  StatusError,
} from '@limpid/wire';
import { createRunnerDispatcher } from '../../../runners/dispatcher.ts';
import { keepRunners } from '../../../runners/managed.ts';
import { seedCatalogue } from '../../../seed/seed-catalogue.ts';
import type { SeedModel, SeedNode } from '../../../seed/types.ts';

/** What a model says of one input: data, or the code that it fails with. */
export type Script = (data: Data) => MessageInitShape<typeof DataSchema> | number;

export interface ScriptedModels {
  readonly platform: TestPlatform;
  /** Every request that reached a model. */
  readonly asked: PostModelOutputsRequest[];
  readonly scripts: Record<string, Script>;
}

const words = ['dog', 'cat', 'bird'].map((name) => ({ id: `ai_${name}`, name }));

const model = (
  id: string,
  modelTypeId: string,
  concepts: SeedModel['concepts'] = [],
): SeedModel => ({
  id,
  title: id,
  modelTypeId,
  description: id,
  notes: '',
  metadata: {},
  useCases: [],
  license: 'Apache-2.0',
  creator: 'tests',
  versions: [`${id}-v1`],
  aliases: [],
  concepts,
});

const catalogue = {
  models: [
    model('namer', 'visual-classifier', words),
    model('detector', 'visual-detector', words),
    model('embedder', 'visual-embedder'),
    model('grouper', 'clusterer'),
    model('reader', 'text-embedder'),
  ],
  workflows: [
    { id: 'Empty', description: 'nothing', nodes: [] },
    // Defined in another order than that of the run.
    workflow('General', [
      { id: 'group', model: 'grouper', inputs: ['embed'] },
      { id: 'name', model: 'namer' },
      { id: 'embed', model: 'embedder' },
    ]),
    workflow('Both', [
      { id: 'embed', model: 'embedder' },
      { id: 'read', model: 'reader' },
    ]),
    workflow('Boxes', [
      { id: 'find', model: 'detector' },
      { id: 'name', model: 'namer', inputs: ['find'] },
    ]),
  ],
};

function workflow(id: string, nodes: readonly SeedNode[]) {
  return { id, description: id, nodes };
}

export async function scriptModels(): Promise<ScriptedModels> {
  const asked: PostModelOutputsRequest[] = [];
  const scripts: Record<string, Script> = {
    namer: () => ({ concepts: words.map((word, index) => ({ ...word, value: 0.9 - index / 10 })) }),
    detector: () => ({ regions: [box('dog', 0.9), box('cat', 0.2)] }),
    embedder: ({ image }) => ({ embeddings: [{ vector: [image?.base64[0] ?? 0, 1] }] }),
    grouper: ({ embeddings }) => ({ clusters: [{ id: `c${embeddings[0]?.vector[0]}` }] }),
    reader: ({ text }) => ({ embeddings: [{ vector: [text?.raw.length ?? 0] }] }),
  };
  const runners = createRunnerDispatcher({ ids: () => 'item' });
  runners.predict = async (_target, { request }) => {
    // As it was then: its model is told to the caller later, without its settings.
    asked.push(clone(PostModelOutputsRequestSchema, request));
    return answer(request, scripts[request.modelId]);
  };
  const platform = await testPlatform({ runners });
  await seedCatalogue(platform.deps, catalogue);
  await keepRunners(platform.deps);
  return { platform, asked, scripts };
}

function box(name: string, value: number) {
  const concepts = [{ id: `ai_${name}`, name, value }];
  return { value, regionInfo: { boundingBox: { bottomRow: 1, rightCol: 1 } }, data: { concepts } };
}

function answer(request: PostModelOutputsRequest, script?: Script): MultiOutputResponse {
  if (!script) throw new StatusError(StatusCode.MODEL_DEPLOYING);
  return create(MultiOutputResponseSchema, {
    status: { code: StatusCode.SUCCESS },
    outputs: request.inputs.map(({ data = create(DataSchema) }) => {
      const said = script(data);
      return typeof said === 'number'
        ? { status: { code: said } }
        : { status: { code: StatusCode.SUCCESS }, data: said };
    }),
  });
}

export const picture = (first: number) =>
  create(InputSchema, {
    id: `picture-${first}`,
    data: { image: { base64: Uint8Array.of(first, 2, 3) } },
  });
export const sentence = (raw: string) => create(InputSchema, { data: { text: { raw } } });
