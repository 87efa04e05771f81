// Server reflection, v1 and v1alpha: lets grpcurl and its like speak to us without our .proto files.
import { type DescFile, fromJson, type JsonObject, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { GrpcCode } from './call.ts';
import { describeFile, messageOf } from './describe.ts';
import { createIndex, type DescriptorIndex } from './descriptor-index.ts';
import { healthFile } from './health.ts';
import { readJson, type SideMethod, type SideMethods, sendJson } from './side-service.ts';

export const reflectionFile = (version: 'v1' | 'v1alpha'): DescFile =>
  describeFile({
    name: `grpc/reflection/${version}/reflection.proto`,
    package: `grpc.reflection.${version}`,
    messages: {
      ServerReflectionRequest: {
        host: [1, 'string'],
        file_by_filename: [3, 'string', 'message_request'],
        file_containing_symbol: [4, 'string', 'message_request'],
        file_containing_extension: [5, '.ExtensionRequest', 'message_request'],
        all_extension_numbers_of_type: [6, 'string', 'message_request'],
        list_services: [7, 'string', 'message_request'],
      },
      ExtensionRequest: { containing_type: [1, 'string'], extension_number: [2, 'int32'] },
      ServerReflectionResponse: {
        valid_host: [1, 'string'],
        original_request: [2, '.ServerReflectionRequest'],
        file_descriptor_response: [4, '.FileDescriptorResponse', 'message_response'],
        all_extension_numbers_response: [5, '.ExtensionNumberResponse', 'message_response'],
        list_services_response: [6, '.ListServiceResponse', 'message_response'],
        error_response: [7, '.ErrorResponse', 'message_response'],
      },
      FileDescriptorResponse: { file_descriptor_proto: [1, 'bytes[]'] },
      ExtensionNumberResponse: { base_type_name: [1, 'string'], extension_number: [2, 'int32[]'] },
      ListServiceResponse: { service: [1, '.ServiceResponse[]'] },
      ServiceResponse: { name: [1, 'string'] },
      ErrorResponse: { error_code: [1, 'int32'], error_message: [2, 'string'] },
    },
    service: {
      name: 'ServerReflection',
      methods: {
        ServerReflectionInfo: ['ServerReflectionRequest', 'ServerReflectionResponse', 'both'],
      },
    },
  });

interface Question {
  readonly file_by_filename?: string;
  readonly file_containing_symbol?: string;
  readonly file_containing_extension?: {
    readonly containing_type?: string;
    readonly extension_number?: number;
  };
  readonly all_extension_numbers_of_type?: string;
  readonly list_services?: string;
}

/** `api`: the files that declare our services; `descriptorSet` holds their bytes and those of what they import. */
export function createReflection(api: Iterable<DescFile>, descriptorSet: Uint8Array): SideMethods {
  const own = [reflectionFile('v1'), reflectionFile('v1alpha')];
  // Made on first use: most instances are never asked.
  let index: DescriptorIndex | undefined;
  const indexed = (): DescriptorIndex => {
    index ??= createIndex([...api, healthFile(), ...own], descriptorSet);
    return index;
  };
  return Object.fromEntries(
    own.map((file) => [
      `/${file.proto.package}.ServerReflection/ServerReflectionInfo`,
      answerAll(file, indexed),
    ]),
  );
}

function answerAll(file: DescFile, indexed: () => DescriptorIndex): SideMethod {
  const Request = messageOf(file, 'ServerReflectionRequest');
  const Response = messageOf(file, 'ServerReflectionResponse');
  return async (call) => {
    const sent = new Set<string>();
    for await (const asked of readJson(call, Request)) {
      const answer = answerOne(indexed(), asked as Question, sent);
      if (answer.files) {
        const original = toBinary(Request, fromJson(Request, asked));
        await call.send(encodeFiles(original, answer.files));
      } else {
        await sendJson(call, Response, { original_request: asked, ...answer.json });
      }
    }
    call.end();
  };
}

type Answer =
  | { readonly files: readonly Uint8Array[] }
  | { readonly files?: undefined; readonly json: JsonObject };

function answerOne(index: DescriptorIndex, question: Question, sent: Set<string>): Answer {
  if (question.list_services !== undefined) {
    const service = index.services.map((name) => ({ name }));
    return { json: { list_services_response: { service } } };
  }
  const type = question.all_extension_numbers_of_type;
  if (type !== undefined) {
    const numbers = index.extensionNumbers(type);
    if (!numbers) return notFound(type);
    const found = { base_type_name: type, extension_number: numbers };
    return { json: { all_extension_numbers_response: found } };
  }
  const [asked, name] = fileAsked(index, question);
  const files = name === undefined ? undefined : index.withImports(name, sent);
  return files ? { files } : notFound(asked);
}

function fileAsked(
  index: DescriptorIndex,
  question: Question,
): [asked: string, file: string | undefined] {
  const { file_by_filename: name, file_containing_symbol: symbol } = question;
  if (name !== undefined) return [name, name];
  if (symbol !== undefined) return [symbol, index.fileOfSymbol(symbol)];
  const { containing_type: type = '', extension_number: number = 0 } =
    question.file_containing_extension ?? {};
  return [type, index.fileOfExtension(type, number)];
}

function notFound(asked: string): Answer {
  const error = { error_code: GrpcCode.notFound, error_message: `Not found: ${asked}` };
  return { json: { error_response: error } };
}

/** By hand: files are a megabyte, and anybody may ask for them. */
function encodeFiles(original: Uint8Array, files: readonly Uint8Array[]): Uint8Array {
  const list = new BinaryWriter();
  for (const file of files) list.tag(1, WireType.LengthDelimited).bytes(file);
  const response = new BinaryWriter().tag(2, WireType.LengthDelimited).bytes(original);
  return response.tag(4, WireType.LengthDelimited).bytes(list.finish()).finish();
}
