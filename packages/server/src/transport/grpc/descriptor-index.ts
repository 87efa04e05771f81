// Which file declares what, and the bytes of each file. The generated code holds the descriptors parsed, so that only
// the bytes are looked up.
import { type DescFile, toBinary } from '@bufbuild/protobuf';
import { nestedTypes } from '@bufbuild/protobuf/reflect';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';

export interface DescriptorIndex {
  readonly services: readonly string[];
  /** Of a message, enum, service, method or extension by its full name. */
  fileOfSymbol(symbol: string): string | undefined;
  fileOfExtension(type: string, number: number): string | undefined;
  extensionNumbers(type: string): number[] | undefined;
  /** A file, encoded, and what it imports that is not in `sent` yet; the one asked for comes first and always. */
  withImports(name: string, sent: Set<string>): Uint8Array[] | undefined;
}

/** `descriptorSet` gives the bytes of the files that it holds; others are encoded. */
export function createIndex(roots: Iterable<DescFile>, descriptorSet: Uint8Array): DescriptorIndex {
  const files = new Map<string, DescFile>();
  for (const root of roots) addWithImports(files, root);
  const { services, symbols, extensions } = readSymbols(files.values());
  const encoded = splitSet(descriptorSet);
  const bytesOf = ({ proto }: DescFile): Uint8Array => {
    const bytes = encoded.get(proto.name) ?? toBinary(FileDescriptorProtoSchema, proto);
    encoded.set(proto.name, bytes);
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
      if (!file) return undefined;
      const found = new Map<string, DescFile>();
      addWithImports(found, file, sent);
      for (const one of found.keys()) sent.add(one);
      return [...found.values()].map(bytesOf);
    },
  };
}

function addWithImports(
  found: Map<string, DescFile>,
  file: DescFile,
  known: ReadonlySet<string> = new Set(),
): void {
  found.set(file.proto.name, file);
  for (const imported of file.dependencies) {
    const { name } = imported.proto;
    if (!found.has(name) && !known.has(name)) addWithImports(found, imported, known);
  }
}

function readSymbols(files: Iterable<DescFile>) {
  const symbols = new Map<string, string>();
  const extensions = new Map<string, Map<number, string>>();
  const services: string[] = [];
  for (const file of files) {
    const { name } = file.proto;
    for (const type of nestedTypes(file)) {
      symbols.set(type.typeName, name);
      if (type.kind === 'service') {
        services.push(type.typeName);
        for (const method of type.methods) symbols.set(`${type.typeName}.${method.name}`, name);
      } else if (type.kind === 'extension') {
        const ofType = extensions.get(type.extendee.typeName) ?? new Map<number, string>();
        extensions.set(type.extendee.typeName, ofType.set(type.number, name));
      }
    }
  }
  return { services, symbols, extensions };
}

/** The files of a FileDescriptorSet, its only field, as they lie there. */
function splitSet(descriptorSet: Uint8Array): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const bytes of fieldsOf(descriptorSet, 1)) {
    const [name] = fieldsOf(bytes, 1);
    if (name) files.set(new TextDecoder().decode(name), bytes);
  }
  return files;
}

function* fieldsOf(message: Uint8Array, number: number): Generator<Uint8Array> {
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === number && type === WireType.LengthDelimited) yield reader.bytes();
    else reader.skip(type, field);
  }
}
