// The no-op model: answers every input with the same word. Speaks through our own runner's stream.
import {
  create,
  type MultiOutputResponse,
  MultiOutputResponseSchema,
  StatusCode,
} from '@limpid/wire';
import { serveRunner } from '../../packages/runner/src/protocol/client.ts';

export interface RunnerPlace {
  readonly baseUrl: string;
  readonly token: string;
  readonly userId: string;
  readonly computeClusterId: string;
  readonly nodepoolId: string;
  readonly runnerId: string;
}

const [, , place = '{}'] = process.argv;
const answers = new Map<number, MultiOutputResponse>();
let announced = false;
const runner = serveRunner({
  // Handed over by relay/bench.ts.
  ...(JSON.parse(place) as RunnerPlace),
  replicaId: 'bench',
  inFlight: 32,
  handlers: { predict: async ({ inputs }) => answerFor(inputs.length) },
  onState: ({ type }) => {
    if (!announced && type === 'connected') process.send?.(type);
    announced = true;
  },
});
// The end of whoever started us.
process.on('disconnect', () => void runner.close(AbortSignal.abort()));

function answerFor(count: number): MultiOutputResponse {
  const known = answers.get(count);
  if (known) return known;
  const status = { code: StatusCode.SUCCESS, description: 'Ok' };
  const made = create(MultiOutputResponseSchema, {
    status,
    outputs: Array.from({ length: count }, () => ({ status, data: { text: { raw: 'done' } } })),
  });
  answers.set(count, made);
  return made;
}
