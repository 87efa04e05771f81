// Server reflection, v1 and v1alpha: lets grpcurl and its like speak to us without our .proto files.
import {
  create,
  createFileRegistry,
  type DescFile,
  fromBinary,
  type JsonObject,
  toBinary,
} from '@bufbuild/protobuf';
import { base64Encode } from '@bufbuild/protobuf/wire';
import {
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  type FileDescriptorSet,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';
import { GrpcCode } from './call.ts';
import { describeFile, messagesOf } from './describe.ts';
import { healthFile } from './health.ts';
import { readJson, type SideMethod, type SideMethods, sendJson } from './side-service.ts';

export const reflectionFiles = ['v1', 'v1alpha'].map((version) =>
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
  }),
);

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

/** `descriptorSet`: the API's own files, imports included. */
export function createReflection(descriptorSet: Uint8Array): SideMethods {
  // Parsed on first use: it takes tens of milliseconds, and most instances are never asked.
  let index: Index | undefined;
  const indexed = (): Index => {
    index ??= indexFiles(fromBinary(FileDescriptorSetSchema, descriptorSet));
    return index;
  };
  return Object.fromEntries(
    reflectionFiles.map((file) => [
      `/${file.package}.ServerReflection/ServerReflectionInfo`,
      answerAll(file, indexed),
    ]),
  );
}

function answerAll(file: FileDescriptorProto, indexed: () => Index): SideMethod {
  const message = messagesOf(file);
  return async (call) => {
    const sent = new Set<string>();
    for await (const question of readJson(call, message('ServerReflectionRequest'))) {
      const reply = answer(indexed(), question as Question, sent);
      await sendJson(call, message('ServerReflectionResponse'), {
        original_request: question,
        ...reply,
      });
    }
    call.end();
  };
}

interface Index {
  readonly services: readonly string[];
  readonly files: ReadonlyMap<string, FileDescriptorProto>;
  /** A file as it is sent; computed once, since anybody may ask again and again. */
  readonly encoded: (file: FileDescriptorProto) => string;
  readonly symbols: ReadonlyMap<string, string>;
  /** By extended message: field number → file. */
  readonly extensions: ReadonlyMap<string, ReadonlyMap<number, string>>;
}

function indexFiles(api: FileDescriptorSet): Index {
  const all = [...api.file, healthFile, ...reflectionFiles];
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: all }));
  const symbols = new Map<string, string>();
  const extensions = new Map<string, Map<number, string>>();
  const services: string[] = [];
  const fileName = (file: DescFile): string => file.proto.name;
  for (const type of registry) {
    symbols.set(type.typeName, fileName(type.file));
    if (type.kind === 'service') {
      services.push(type.typeName);
      for (const method of type.methods)
        symbols.set(`${type.typeName}.${method.name}`, fileName(type.file));
    } else if (type.kind === 'extension') {
      const ofType = extensions.get(type.extendee.typeName) ?? new Map<number, string>();
      extensions.set(type.extendee.typeName, ofType.set(type.number, fileName(type.file)));
    }
  }
  const files = new Map(all.map((file) => [file.name, file]));
  return { services, files, encoded: encodeOnce(), symbols, extensions };
}

function answer(index: Index, question: Question, sent: Set<string>): JsonObject {
  if (question.list_services !== undefined) {
    return { list_services_response: { service: index.services.map((name) => ({ name })) } };
  }
  if (question.all_extension_numbers_of_type !== undefined) {
    const type = question.all_extension_numbers_of_type;
    const numbers = index.extensions.get(type);
    if (!numbers) return notFound(type);
    return {
      all_extension_numbers_response: {
        base_type_name: type,
        extension_number: [...numbers.keys()],
      },
    };
  }
  const [asked, name] = fileAsked(index, question);
  const file = name === undefined ? undefined : index.files.get(name);
  return file ? withImports(index, file, sent) : notFound(asked);
}

function fileAsked(index: Index, question: Question): [asked: string, file: string | undefined] {
  const {
    file_by_filename: name,
    file_containing_symbol: symbol,
    file_containing_extension: extension,
  } = question;
  if (name !== undefined) return [name, name];
  if (symbol !== undefined) return [symbol, index.symbols.get(symbol.replace(/^\./, ''))];
  const type = extension?.containing_type ?? '';
  return [type, index.extensions.get(type)?.get(extension?.extension_number ?? 0)];
}

/** A file and what it imports, each once a stream; the one asked for comes first and always. */
function withImports(index: Index, file: FileDescriptorProto, sent: Set<string>): JsonObject {
  const files: FileDescriptorProto[] = [];
  const visit = (next: FileDescriptorProto): void => {
    if (files.includes(next) || (next !== file && sent.has(next.name))) return;
    sent.add(next.name);
    files.push(next);
    for (const name of next.dependency) {
      const imported = index.files.get(name);
      if (imported) visit(imported);
    }
  };
  visit(file);
  return { file_descriptor_response: { file_descriptor_proto: files.map(index.encoded) } };
}

function encodeOnce(): (file: FileDescriptorProto) => string {
  const known = new Map<FileDescriptorProto, string>();
  return (file) => {
    const text = known.get(file) ?? base64Encode(toBinary(FileDescriptorProtoSchema, file));
    known.set(file, text);
    return text;
  };
}

function notFound(asked: string): JsonObject {
  return {
    error_response: { error_code: GrpcCode.notFound, error_message: `Not found: ${asked}` },
  };
}
