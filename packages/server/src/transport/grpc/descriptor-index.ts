// Which file declares what.
import { create, createFileRegistry, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';

export interface DescriptorIndex {
  readonly services: readonly string[];
  /** Of a message, enum, service, method or extension by its full name. */
  fileOfSymbol(symbol: string): string | undefined;
  fileOfExtension(type: string, number: number): string | undefined;
  extensionNumbers(type: string): number[] | undefined;
  /** A file, encoded, and what it imports that is not in `sent` yet; the one asked for comes first and always. */
  withImports(name: string, sent: Set<string>): Uint8Array[] | undefined;
}

export function createIndex(
  descriptorSet: Uint8Array,
  others: readonly FileDescriptorProto[],
): DescriptorIndex {
  const all = [...fromBinary(FileDescriptorSetSchema, descriptorSet).file, ...others];
  const files = new Map(all.map((file) => [file.name, file]));
  const { services, symbols, extensions } = readSymbols(all);
  const encoded = new Map<FileDescriptorProto, Uint8Array>();
  const encode = (file: FileDescriptorProto): Uint8Array => {
    const bytes = encoded.get(file) ?? toBinary(FileDescriptorProtoSchema, file);
    encoded.set(file, bytes);
    return bytes;
  };
  return {
    services,
    fileOfSymbol: (symbol) => symbols.get(symbol.replace(/^\./, '')),
    fileOfExtension: (type, number) => extensions.get(type)?.get(number),
    extensionNumbers: (type) => {
      const numbers = extensions.get(type);
      return numbers && [...numbers.keys()];
    },
    withImports: (name, sent) => {
      const file = files.get(name);
      return file && fileAndImports(files, file, sent).map(encode);
    },
  };
}

function readSymbols(all: FileDescriptorProto[]) {
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: all }));
  const symbols = new Map<string, string>();
  const extensions = new Map<string, Map<number, string>>();
  const services: string[] = [];
  for (const type of registry) {
    const file = type.file.proto.name;
    symbols.set(type.typeName, file);
    if (type.kind === 'service') {
      services.push(type.typeName);
      for (const method of type.methods) symbols.set(`${type.typeName}.${method.name}`, file);
    } else if (type.kind === 'extension') {
      const ofType = extensions.get(type.extendee.typeName) ?? new Map<number, string>();
      extensions.set(type.extendee.typeName, ofType.set(type.number, file));
    }
  }
  return { services, symbols, extensions };
}

function fileAndImports(
  files: ReadonlyMap<string, FileDescriptorProto>,
  file: FileDescriptorProto,
  sent: Set<string>,
): FileDescriptorProto[] {
  const found: FileDescriptorProto[] = [];
  const visit = (next: FileDescriptorProto): void => {
    if (found.includes(next) || (next !== file && sent.has(next.name))) return;
    sent.add(next.name);
    found.push(next);
    for (const name of next.dependency) {
      const imported = files.get(name);
      if (imported) visit(imported);
    }
  };
  visit(file);
  return found;
}
