// Descriptors written as tables, for the two small services that every gRPC server is expected to have.

import { createFileRegistry, type DescFile, type DescMessage } from '@bufbuild/protobuf';
import { protoCamelCase } from '@bufbuild/protobuf/reflect';
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  EnumDescriptorProtoSchema,
  FieldDescriptorProtoSchema,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from '@bufbuild/protobuf/wkt';
import { create } from '@limpid/wire';

/** Number, type (`[]` after it: repeated; a dot before it: a message), and the oneof that it belongs to. */
type FieldSpec = readonly [number: number, type: string, oneof?: string];

export interface FileSpec {
  readonly name: string;
  readonly package: string;
  readonly messages: Readonly<Record<string, Readonly<Record<string, FieldSpec>>>>;
  /** An enum inside the message of that name, its values counted from 0. */
  readonly nested?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  readonly service: {
    readonly name: string;
    readonly methods: Readonly<
      Record<string, readonly [input: string, output: string, streams?: 'out' | 'both']>
    >;
  };
}

const scalars: Readonly<Record<string, Type>> = {
  string: Type.STRING,
  int32: Type.INT32,
  bytes: Type.BYTES,
};

export function describeFile(spec: FileSpec): DescFile {
  const { name: service, methods } = spec.service;
  const typeName = (name: string): string => `.${spec.package}.${name}`;
  return linkFile(
    create(FileDescriptorProtoSchema, {
      name: spec.name,
      package: spec.package,
      syntax: 'proto3',
      messageType: Object.keys(spec.messages).map((name) => describeMessage(spec, name)),
      service: [
        {
          name: service,
          method: Object.entries(methods).map(([name, [input, output, streams]]) => ({
            name,
            inputType: typeName(input),
            outputType: typeName(output),
            clientStreaming: streams === 'both',
            serverStreaming: streams !== undefined,
          })),
        },
      ],
    }),
  );
}

function describeMessage(spec: FileSpec, name: string): DescriptorProto {
  const fields = Object.entries(spec.messages[name] ?? {});
  const oneofs = [...new Set(fields.flatMap(([, [, , oneof]]) => (oneof ? [oneof] : [])))];
  const enums = Object.entries(spec.nested?.[name] ?? {});
  return create(DescriptorProtoSchema, {
    name,
    field: fields.map(([field, [number, declared, oneof]]) => {
      const type = declared.replace('[]', '');
      const scalar = scalars[type];
      const isEnum = enums.some(([nested]) => type === `.${name}.${nested}`);
      return create(FieldDescriptorProtoSchema, {
        name: field,
        jsonName: protoCamelCase(field),
        number,
        label: declared.endsWith('[]') ? Label.REPEATED : Label.OPTIONAL,
        type: scalar ?? (isEnum ? Type.ENUM : Type.MESSAGE),
        ...(scalar ? {} : { typeName: `.${spec.package}${type}` }),
        ...(oneof ? { oneofIndex: oneofs.indexOf(oneof) } : {}),
      });
    }),
    oneofDecl: oneofs.map((oneof) => ({ name: oneof })),
    enumType: enums.map(([nested, values]) =>
      create(EnumDescriptorProtoSchema, {
        name: nested,
        value: values.map((value, number) => ({ name: value, number })),
      }),
    ),
  });
}

/** A described file as generated code would have it. */
function linkFile(file: FileDescriptorProto): DescFile {
  const linked = createFileRegistry(create(FileDescriptorSetSchema, { file: [file] }));
  const found = linked.getFile(file.name);
  if (!found) throw new Error(`${file.name} can't be linked`);
  return found;
}

/** The messages of a linked file, for `fromBinary` and `toBinary`. */
export function messageOf(file: DescFile, name: string): DescMessage {
  const found = file.messages.find((message) => message.name === name);
  if (!found) throw new Error(`${file.name} has no message ${name}`);
  return found;
}
