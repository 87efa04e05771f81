/** protoc's rule, which importers rely on: a file stands after everything it imports. */
export function sortByImports(files) {
  const sorted = new Set();
  const visit = (name, trail) => {
    const file = files.get(name);
    if (!file || sorted.has(file)) return;
    if (trail.includes(name)) throw new Error(`import cycle: ${[...trail, name].join(' -> ')}`);
    for (const path of file.dependency) visit(path, [...trail, name]);
    sorted.add(file);
  };
  for (const name of files.keys()) visit(name, []);
  return [...sorted];
}

/** Enum values live in the scope of their enum, so two enums of one scope can clash. */
export function rejectDoubleNames(set) {
  const seen = new Set();
  const take = (scope, name) => {
    const full = `${scope}.${name}`;
    if (seen.has(full)) throw new Error(`${full} is declared twice`);
    seen.add(full);
  };
  const takeEnum = (scope, type) => {
    take(scope, type.name);
    for (const value of type.value) take(scope, value.name);
  };
  const takeMessage = (scope, message) => {
    take(scope, message.name);
    const inner = `${scope}.${message.name}`;
    for (const field of [...message.field, ...message.oneofDecl]) take(inner, field.name);
    for (const type of message.enumType) takeEnum(inner, type);
    for (const nested of message.nestedType) takeMessage(inner, nested);
  };
  for (const file of set.file) {
    for (const type of file.enumType) takeEnum(file.package, type);
    for (const message of file.messageType) takeMessage(file.package, message);
    for (const service of file.service) {
      for (const method of service.method) take(`${file.package}.${service.name}`, method.name);
    }
  }
}
