// Merges our overlay into upstream's descriptors, by name.
//
// `limpid/overlay/<path>.proto`, package `limpid.overlay.<x>`, merges into
// `proto/clarifai/<path>.proto`, package `clarifai.<x>`. What upstream declares by now is skipped;
// every clash of number, name or reserved range is an error, so a new upstream release can't
// silently change the wire.
import { clone, create } from '@bufbuild/protobuf';
import {
  DescriptorProtoSchema,
  EnumDescriptorProtoSchema,
  EnumOptionsSchema,
  EnumValueDescriptorProtoSchema,
  EnumValueOptionsSchema,
  FieldDescriptorProtoSchema,
  FieldOptionsSchema,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  MessageOptionsSchema,
  MethodDescriptorProtoSchema,
  MethodOptionsSchema,
  OneofDescriptorProtoSchema,
  FieldDescriptorProto_Type as Type,
} from '@bufbuild/protobuf/wkt';
import { rejectDoubleNames, sortByImports } from './descriptor-set.mjs';

const OURS = 'limpid.overlay.';
const THEIRS = 'clarifai.';
/** The options of `limpid/overlay/options.proto`: they speak to this file and are never emitted. */
const RENUMBERS = 50999;
const MORE_DEPENDING_SCOPES = 50998;
const DEPENDING_SCOPES = 80322;
/** Same varint on the wire: an older peer reads and writes what fits. */
const WIDENING = new Map([
  [Type.UINT32, Type.UINT64],
  [Type.INT32, Type.INT64],
]);

/**
 * @param {import('@bufbuild/protobuf/wkt').FileDescriptorSet} base
 * @param {import('@bufbuild/protobuf/wkt').FileDescriptorSet} overlay
 */
export function mergeOverlay(base, overlay) {
  const merge = new Merge();
  const files = new Map(
    base.file.map((file) => [file.name, clone(FileDescriptorProtoSchema, file)]),
  );
  for (const file of overlay.file) {
    if (!file.name.startsWith('limpid/overlay/') || file.name === 'limpid/overlay/options.proto') {
      continue;
    }
    const name = theirPath(file.name);
    const into = files.get(name);
    if (into) merge.file(into, file);
    else files.set(name, merge.newFile(name, file));
  }
  const set = create(FileDescriptorSetSchema, { file: sortByImports(files) });
  rejectDoubleNames(set);
  return { set, added: merge.added, changed: merge.changed, skipped: merge.skipped };
}

const theirPath = (path) => path.replace(/^limpid\/overlay\//, 'proto/clarifai/');
const theirName = (name) => name.replace(`.${OURS}`, `.${THEIRS}`);

class Merge {
  added = [];
  changed = [];
  skipped = [];

  newFile(name, file) {
    const into = clone(FileDescriptorProtoSchema, file);
    into.name = name;
    into.package = file.package.replace(OURS, THEIRS);
    into.sourceCodeInfo = undefined;
    into.dependency = this.imports(name, [], file.dependency);
    for (const message of into.messageType) this.adopt(message, `${into.package}.${message.name}`);
    for (const type of into.enumType) this.added.push(`${into.package}.${type.name}`);
    if (into.service.length > 0) throw new Error(`${file.name}: a new file may not add a service`);
    return into;
  }

  file(into, file) {
    if (file.package.replace(OURS, THEIRS) !== into.package) {
      throw new Error(`${file.name}: package ${file.package} does not fit ${into.package}`);
    }
    if (file.extension.length > 0) throw new Error(`${file.name}: extensions are not merged`);
    into.dependency = this.imports(into.name, into.dependency, file.dependency);
    this.messages(into.messageType, file.messageType, into.package);
    this.enums(into.enumType, file.enumType, into.package);
    for (const service of file.service) {
      const known = into.service.find((s) => s.name === service.name);
      if (!known) throw new Error(`${file.name}: service ${service.name} is not upstream's`);
      this.service(known, service, `${into.package}.${service.name}`);
    }
  }

  imports(self, known, added) {
    const paths = [...known];
    for (const path of added.map(theirPath)) {
      if (path !== self && !path.endsWith('clarifai/options.proto') && !paths.includes(path)) {
        paths.push(path);
      }
    }
    return paths;
  }

  messages(into, from, scope) {
    for (const message of from) {
      const known = into.find((m) => m.name === message.name);
      const name = `${scope}.${message.name}`;
      if (known) this.message(known, message, name);
      else into.push(this.adopt(clone(DescriptorProtoSchema, message), name));
    }
  }

  /** Takes a whole message over, its type references renamed. */
  adopt(message, name) {
    this.added.push(name);
    this.renameReferences(message);
    return message;
  }

  renameReferences(message) {
    // A scalar has no type name: setting an empty one would make the field invalid to other readers.
    for (const field of message.field) {
      if (field.typeName !== '') field.typeName = theirName(field.typeName);
    }
    for (const nested of message.nestedType) this.renameReferences(nested);
  }

  message(into, from, name) {
    if (from.reservedRange.length + from.reservedName.length > 0) {
      throw new Error(`${name}: an overlay only adds, it reserves nothing`);
    }
    for (const field of from.field) this.field(into, from, field, name);
    this.messages(into.nestedType, from.nestedType, name);
    this.enums(into.enumType, from.enumType, name);
    into.options = this.options(MessageOptionsSchema, into.options, from.options, name);
  }

  field(into, from, source, name) {
    const field = clone(FieldDescriptorProtoSchema, source);
    if (field.typeName !== '') field.typeName = theirName(field.typeName);
    const known = into.field.find((f) => f.name === field.name || f.number === field.number);
    const path = `${name}.${field.name}`;
    if (known) {
      this.knownField(known, field, path);
      return;
    }
    const inRange = (r) => field.number >= r.start && field.number < r.end;
    if (into.reservedRange.some(inRange) || into.reservedName.includes(field.name)) {
      throw new Error(`${path}: upstream reserves ${field.name} = ${field.number}`);
    }
    // hasOwn: an unset proto2 field reads as its default, which is a real index here.
    if (Object.hasOwn(source, 'oneofIndex')) {
      field.oneofIndex = oneofIndex(into, from.oneofDecl[source.oneofIndex], field, path);
    }
    into.field.push(field);
    this.added.push(`${path} = ${field.number}`);
  }

  knownField(known, field, path) {
    if (known.name !== field.name || known.number !== field.number) {
      throw new Error(
        `${path} = ${field.number} clashes with upstream's ${known.name} = ${known.number}`,
      );
    }
    const widened = WIDENING.get(known.type) === field.type;
    if (
      known.label !== field.label ||
      known.typeName !== field.typeName ||
      (known.type !== field.type && !widened)
    ) {
      throw new Error(`${path}: upstream declares another type for ${known.name}`);
    }
    const before = this.changed.length;
    if (widened) {
      known.type = field.type;
      this.changed.push(`${path}: ${Type[field.type]}`);
    }
    known.options = this.options(FieldOptionsSchema, known.options, field.options, path);
    if (this.changed.length === before) this.skipped.push(path);
  }

  enums(into, from, scope) {
    for (const type of from) {
      const known = into.find((e) => e.name === type.name);
      const name = `${scope}.${type.name}`;
      if (known) this.enum(known, type, name);
      else {
        into.push(clone(EnumDescriptorProtoSchema, type));
        this.added.push(name);
      }
    }
  }

  enum(into, from, name) {
    if (takeRenumbers(from)) {
      this.renumber(into, from, name);
      return;
    }
    for (const value of from.value) this.enumValue(into, from, value, name);
    into.options = this.options(EnumOptionsSchema, into.options, from.options, name);
  }

  /** The overlay states every value anew: for a number that upstream itself gave a new meaning. */
  renumber(into, from, name) {
    const missing = into.value.filter((v) => !from.value.some((w) => w.name === v.name));
    if (missing.length > 0) {
      throw new Error(`${name}: renumbering drops ${missing.map((v) => v.name).join(', ')}`);
    }
    into.value = from.value.map((v) => clone(EnumValueDescriptorProtoSchema, v));
    into.options = this.options(EnumOptionsSchema, into.options, from.options, name);
    this.changed.push(`${name}: renumbered`);
  }

  enumValue(into, from, value, name) {
    const path = `${name}.${value.name}`;
    const known = into.value.find((v) => v.name === value.name);
    if (known) {
      if (known.number !== value.number) {
        throw new Error(`${path} = ${value.number} is upstream's ${known.number}`);
      }
      const before = this.changed.length;
      known.options = this.options(EnumValueOptionsSchema, known.options, value.options, path);
      // An enum has to state its zero and an alias its other name: neither is news.
      const restated = value.number === 0 || from.options?.allowAlias;
      if (this.changed.length === before && !restated) this.skipped.push(path);
      return;
    }
    const taken = into.value.find((v) => v.number === value.number);
    // An alias must be meant: the overlay then states the other name too.
    if (taken && !from.value.some((v) => v.name === taken.name)) {
      throw new Error(`${path} = ${value.number} clashes with upstream's ${taken.name}`);
    }
    const inRange = (r) => value.number >= r.start && value.number <= r.end;
    if (into.reservedRange.some(inRange) || into.reservedName.includes(value.name)) {
      throw new Error(`${path}: upstream reserves ${value.name} = ${value.number}`);
    }
    into.value.push(clone(EnumValueDescriptorProtoSchema, value));
    this.added.push(`${path} = ${value.number}`);
  }

  service(into, from, name) {
    for (const source of from.method) {
      const method = clone(MethodDescriptorProtoSchema, source);
      method.inputType = theirName(method.inputType);
      method.outputType = theirName(method.outputType);
      appendScopes(method.options);
      const path = `${name}.${method.name}`;
      const known = into.method.find((m) => m.name === method.name);
      if (known) this.knownMethod(known, method, path);
      else {
        into.method.push(method);
        this.added.push(path);
      }
    }
  }

  knownMethod(known, method, path) {
    for (const key of ['inputType', 'outputType', 'clientStreaming', 'serverStreaming']) {
      if (known[key] !== method[key]) throw new Error(`${path}: upstream has another ${key}`);
    }
    const before = this.changed.length;
    known.options = this.options(MethodOptionsSchema, known.options, method.options, path);
    if (this.changed.length === before) this.skipped.push(path);
  }

  /** An option the overlay states replaces upstream's value of that option; others stay. */
  options(schema, known, stated, path) {
    if (!stated) return known;
    const options = known ?? create(schema);
    const stays = (field) => !(stated.$unknown ?? []).some((s) => s.no === field.no);
    const unknown = [...(options.$unknown ?? []).filter(stays), ...(stated.$unknown ?? [])];
    const before = printOptions(schema, options);
    for (const field of schema.fields) {
      if (Object.hasOwn(stated, field.localName) && field.fieldKind !== 'list') {
        options[field.localName] = stated[field.localName];
      }
    }
    if (unknown.length > 0) options.$unknown = unknown;
    if (printOptions(schema, options) !== before) this.changed.push(`${path}: options`);
    return options;
  }
}

function oneofIndex(into, declared, field, path) {
  if (field.proto3Optional) throw new Error(`${path}: optional is not supported in an overlay`);
  const index = into.oneofDecl.findIndex((o) => o.name === declared.name);
  if (index >= 0) return index;
  if (into.field.some((f) => f.proto3Optional)) {
    throw new Error(`${path}: a new oneof would have to stand before upstream's optional fields`);
  }
  into.oneofDecl.push(clone(OneofDescriptorProtoSchema, declared));
  return into.oneofDecl.length - 1;
}

/** Repeated scalars may arrive in several pieces, so the second list continues the first. */
function appendScopes(options) {
  const isMore = (field) => field.no === MORE_DEPENDING_SCOPES;
  const more = (options?.$unknown ?? []).filter(isMore);
  if (more.length === 0) return;
  const rest = options.$unknown.filter((field) => !isMore(field));
  options.$unknown = [...rest, ...more.map((field) => ({ ...field, no: DEPENDING_SCOPES }))];
}

function takeRenumbers(type) {
  const unknown = type.options?.$unknown ?? [];
  const rest = unknown.filter((field) => field.no !== RENUMBERS);
  if (rest.length === unknown.length) return false;
  type.options.$unknown = rest;
  return true;
}

/** A text of the options that only a change of meaning alters (field order does not). */
function printOptions(schema, options) {
  const known = schema.fields
    .filter((f) => f.fieldKind !== 'list' && Object.hasOwn(options, f.localName))
    .map((f) => `${f.name}=${String(options[f.localName])}`);
  const extra = (options.$unknown ?? []).map(
    (f) => `${f.no}=${Buffer.from(f.data).toString('hex')}`,
  );
  return [...known, ...extra].sort().join(' ');
}
