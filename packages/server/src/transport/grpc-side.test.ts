import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fromBinary, fromJson, type JsonObject, toBinary, toJson } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { status as grpcStatus } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { messageOf } from './grpc/describe.ts';
import { healthFile } from './grpc/health.ts';
import { reflectionFile } from './grpc/reflection.ts';
import { start } from './test/start.ts';

const HealthRequest = messageOf(healthFile(), 'HealthCheckRequest');
const HealthResponse = messageOf(healthFile(), 'HealthCheckResponse');
const ask = (service: string) => toBinary(HealthRequest, fromJson(HealthRequest, { service }));
const descriptors = await readFile(new URL('../../../wire/gen/merged.binpb', import.meta.url));

test('health: the server and its service, and no other', async () => {
  let serving = true;
  await using server = await start({}, { serving: () => serving });
  const check = async (service: string) => {
    const answer = await server.client.raw('/grpc.health.v1.Health/Check', ask(service));
    return toJson(HealthResponse, fromBinary(HealthResponse, answer));
  };
  expect(await check('')).toEqual({ status: 'SERVING' });
  expect(await check('clarifai.api.V2')).toEqual({ status: 'SERVING' });
  serving = false;
  expect(await check('')).toEqual({ status: 'NOT_SERVING' });
  await expect(check('other')).rejects.toMatchObject({ code: grpcStatus.NOT_FOUND });
});

test('health: a watch hears of changes', async () => {
  let serving = false;
  await using server = await start({}, { serving: () => serving });
  const call = server.client.rawBidi('/grpc.health.v1.Health/Watch');
  call.on('error', () => {});
  call.end(Buffer.from(ask('')));
  const next = async () => {
    const [bytes] = (await once(call, 'data')) as [Buffer];
    return toJson(HealthResponse, fromBinary(HealthResponse, bytes));
  };
  expect(await next()).toEqual({ status: 'NOT_SERVING' });
  serving = true;
  expect(await next()).toEqual({ status: 'SERVING' });
  call.cancel();
});

test('a request that is none is an error of gRPC: these services have no other', async () => {
  await using server = await start();
  const call = server.client.raw('/grpc.health.v1.Health/Check', Buffer.from('ffff', 'hex'));
  await expect(call).rejects.toMatchObject({ code: grpcStatus.INVALID_ARGUMENT });
});

test.for(['v1', 'v1alpha'] as const)(
  'reflection %s tells services, files and symbols',
  async (version) => {
    await using server = await start({}, { descriptors });
    const file = reflectionFile(version);
    const Request = messageOf(file, 'ServerReflectionRequest');
    const Response = messageOf(file, 'ServerReflectionResponse');
    const call = server.client.rawBidi(
      `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
    );
    const tell = async (question: JsonObject) => {
      call.write(Buffer.from(toBinary(Request, fromJson(Request, question))));
      const [bytes] = (await once(call, 'data')) as [Buffer];
      return toJson(Response, fromBinary(Response, bytes), {
        useProtoFieldName: true,
      }) as JsonObject;
    };
    const filesOf = (reply: JsonObject) => {
      const { file_descriptor_proto: files } = reply.file_descriptor_response as {
        file_descriptor_proto: string[];
      };
      return files.map((one) => fromBinary(FileDescriptorProtoSchema, Buffer.from(one, 'base64')));
    };

    const listed = await tell({ list_services: '' });
    expect(listed.list_services_response).toMatchObject({
      service: expect.arrayContaining([
        { name: 'clarifai.api.V2' },
        { name: 'grpc.health.v1.Health' },
      ]),
    });

    const service = filesOf(await tell({ file_containing_symbol: 'clarifai.api.V2.PostInputs' }));
    expect(service[0]?.service[0]?.name).toBe('V2');
    // What it imports came along, so that nothing more need be asked.
    const names = service.map(({ name }) => name);
    expect(
      service.flatMap(({ dependency }) => dependency).filter((name) => !names.includes(name)),
    ).toEqual([]);

    const again = filesOf(await tell({ file_by_filename: service[0]?.name ?? '' }));
    expect(again.map(({ name }) => name)).toEqual([service[0]?.name]);

    const numbers = await tell({ all_extension_numbers_of_type: 'google.protobuf.MethodOptions' });
    expect(numbers.all_extension_numbers_response).toMatchObject({
      extension_number: expect.arrayContaining([72295728]),
    });
    const extension = {
      containing_type: 'google.protobuf.MethodOptions',
      extension_number: 72295728,
    };
    expect(filesOf(await tell({ file_containing_extension: extension }))[0]?.name).toBe(
      'google/api/annotations.proto',
    );

    const missing = await tell({ file_containing_symbol: 'no.such.Thing' });
    expect(missing.error_response).toMatchObject({ error_code: grpcStatus.NOT_FOUND });
    call.end();
  },
);

test('without descriptors there is no reflection', async () => {
  await using server = await start();
  const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
  await expect(server.client.raw(path, Buffer.alloc(0))).rejects.toMatchObject({
    code: grpcStatus.UNIMPLEMENTED,
  });
});
