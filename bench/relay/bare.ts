// What a relay costs that does nothing but relay: grpc-js and the same runner stream as the platform's, no credentials, no
// database, no rules. Its messages go through the protobuf library or, asked for, through the platform's own codec.
// Beside it, two echoes: one over gRPC, one over HTTP/1.1.
import {
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
} from '@grpc/grpc-js';
import {
  create,
  type DescMessage,
  fromBinary,
  type MessageShape,
  type MultiOutputResponse,
  MultiOutputResponseSchema,
  MultiRunnerItemResponseSchema,
  PostModelOutputsRequestSchema,
  PostRunnerItemOutputsRequestSchema,
  RunnerMethodType,
  StatusCode,
  toBinary,
} from '@limpid/wire';
import { decodeMessage, encodeMessage } from '@limpid/wire/codec/index';
import fastify from 'fastify';
import { asIs } from '../lib/grpc.ts';

const [, , given = '{}'] = process.argv;
const { ownCodec = false } = JSON.parse(given) as { ownCodec?: boolean };
const [write, read] = ownCodec ? [encodeMessage, decodeMessage] : [toBinary, fromBinary];

type Shape<D extends DescMessage> = MessageShape<D>;

function method<I extends DescMessage, O extends DescMessage>(
  path: string,
  input: I,
  output: O,
  stream = false,
): MethodDefinition<Shape<I>, Shape<O>> {
  return {
    path,
    requestStream: stream,
    responseStream: stream,
    requestSerialize: (message) => Buffer.from(write(input, message)),
    requestDeserialize: (bytes) => read(input, bytes),
    responseSerialize: (message) => Buffer.from(write(output, message)),
    responseDeserialize: (bytes) => read(output, bytes),
  };
}

function addRelay(server: Server): void {
  type Item = Shape<typeof MultiRunnerItemResponseSchema>;
  const waiting = new Map<string, (error: null, answer: MultiOutputResponse) => void>();
  let toRunner: ((message: Item) => void) | undefined;
  let next = 0;
  const definition = {
    predict: method(
      '/clarifai.api.V2/PostModelOutputs',
      PostModelOutputsRequestSchema,
      MultiOutputResponseSchema,
    ),
    runner: method(
      '/clarifai.api.V2/ProcessRunnerItems',
      PostRunnerItemOutputsRequestSchema,
      MultiRunnerItemResponseSchema,
      true,
    ),
  };
  server.addService(definition, {
    predict: (
      call: { request: Shape<typeof PostModelOutputsRequestSchema> },
      answer: (error: null, value: MultiOutputResponse) => void,
    ) => {
      const id = String(++next);
      waiting.set(id, answer);
      toRunner?.(
        create(MultiRunnerItemResponseSchema, {
          status: { code: StatusCode.SUCCESS },
          runnerItems: [
            {
              id,
              processingInfo: { runnerMethodType: RunnerMethodType.UNARY_UNARY },
              request: { case: 'postModelOutputsRequest', value: call.request },
            },
          ],
        }),
      );
    },
    runner: (
      stream: ServerDuplexStream<Shape<typeof PostRunnerItemOutputsRequestSchema>, Item>,
    ) => {
      toRunner = (message) => stream.write(message);
      stream.on('error', () => {});
      stream.on('data', ({ runnerItemId, runnerItemOutputs, status }) => {
        if (status?.code === StatusCode.RUNNER_STREAM_START) {
          toRunner?.(create(MultiRunnerItemResponseSchema, { status: { code: status.code } }));
          return;
        }
        const response = runnerItemOutputs[0]?.response;
        if (response?.case === 'multiOutputResponse')
          waiting.get(runnerItemId)?.(null, response.value);
        waiting.delete(runnerItemId);
      });
    },
  });
}

function addEcho(server: Server): void {
  const raw = {
    requestStream: false,
    responseStream: false,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  };
  server.addService(
    { echo: { path: '/bench.Echo/Echo', ...raw } },
    {
      echo: (call: { request: Buffer }, answer: (error: null, value: Buffer) => void) =>
        answer(null, call.request),
    },
  );
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    );
  });
}

const relay = new Server({ 'grpc.max_receive_message_length': -1 });
addRelay(relay);
addEcho(relay);
const http = fastify({ bodyLimit: 64 * 1024 * 1024 });
http.post('/echo', async ({ body }) => body);
await http.listen({ host: '127.0.0.1', port: 0 });
const address = http.server.address();
process.send?.({
  grpc: await listen(relay),
  http: typeof address === 'object' ? address?.port : undefined,
});
process.on('disconnect', () => process.exit());
