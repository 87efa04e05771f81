import { StatusCode } from '@limpid/wire';
import { expect, test } from 'vitest';
import { start } from './test/start.ts';

test('a unary call is answered, status and all', async () => {
  await using server = await start({ unary: (request) => ({ inputs: (request as never as { inputs: [] }).inputs }) });
  const answer = await server.client.unary('PostInputs', { inputs: [{ id: 'a' }, { id: 'b' }] });
  expect(answer.status?.code).toBe(StatusCode.SUCCESS);
  expect(answer).toMatchObject({ inputs: [{ id: 'a' }, { id: 'b' }] });
  expect(server.dispatcher.finished).toEqual([{ code: StatusCode.SUCCESS, bytesIn: 10, bytesOut: expect.any(Number) }]);
});
