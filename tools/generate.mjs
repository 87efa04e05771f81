// Generates packages/wire/src/gen and packages/wire/gen/merged.binpb from the .proto files of the
// clarifai-nodejs-grpc package and our overlay. Costs one hash when nothing changed; no network.
// `--list` names everything that the overlay adds or changes.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const wire = path.join(root, 'packages/wire');
const overlay = path.join(wire, 'overlay');
const generated = path.join(wire, 'src/gen');
const merged = path.join(wire, 'gen/merged.binpb');
const cache = path.join(root, '.cache/generate');
const stampFile = path.join(cache, 'stamp.json');
const require = createRequire(import.meta.url);

/** By the folders node would look in: not every package exports its package.json. */
function packageFolder(name, resolve = require.resolve) {
  const folders = (resolve.paths(name) ?? []).map((base) => path.join(base, name));
  const found = folders.find((folder) => fs.existsSync(path.join(folder, 'package.json')));
  if (!found) throw new Error(`package ${name} is not installed`);
  return fs.realpathSync(found);
}

/** Two files upstream publishes but nothing imports: a preprocessed copy and a test message. */
const LEFT_OUT = ['service_processed.proto', 'test_proto.proto'];
const isOurInput = (name) => name.endsWith('.proto') || name.endsWith('.mjs');

function listFiles(folder, prefix = '') {
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const name = path.posix.join(prefix, entry.name);
      return entry.isDirectory() ? listFiles(path.join(folder, entry.name), name) : [name];
    });
}

/** Where each file of the build folder comes from; imports are written from that folder's root. */
function collectInputs() {
  const inputs = new Map();
  const upstream = path.join(packageFolder('clarifai-nodejs-grpc'), 'proto');
  for (const name of listFiles(upstream)) {
    if (name.endsWith('.proto') && !LEFT_OUT.includes(path.posix.basename(name))) {
      inputs.set(`proto/${name}`, path.join(upstream, name));
    }
  }
  for (const name of ['google/api/annotations.proto', 'google/api/http.proto']) {
    inputs.set(name, path.join(packageFolder('protobufjs'), name));
  }
  for (const name of listFiles(overlay)) {
    if (name.endsWith('.proto')) inputs.set(name, path.join(overlay, name));
  }
  return inputs;
}

function hashInputs(inputs) {
  const hash = createHash('sha256');
  const tools = [
    fileURLToPath(import.meta.url),
    ...listFiles(overlay)
      .filter(isOurInput)
      .map((name) => path.join(overlay, name)),
    ...['@bufbuild/buf', '@bufbuild/protobuf', '@bufbuild/protoc-gen-es'].map((name) =>
      path.join(packageFolder(name), 'package.json'),
    ),
  ];
  for (const file of [...inputs.values(), ...tools]) {
    hash.update(fs.readFileSync(file)).update('\0');
  }
  return hash.update([...inputs.keys()].join('\n')).digest('hex');
}

function isCurrent(hash) {
  try {
    const stamp = JSON.parse(fs.readFileSync(stampFile, 'utf8'));
    return (
      stamp.hash === hash &&
      [merged, ...stamp.files].every((file) => fs.existsSync(path.resolve(wire, file)))
    );
  } catch {
    return false;
  }
}

function run(command, args, options) {
  const result = spawnSync(command, args, { maxBuffer: 1 << 28, ...options });
  if (result.error) throw result.error;
  if (result.status !== 0) {
    throw new Error(`${path.basename(command)} ${args[0] ?? ''} failed:\n${result.stderr}`);
  }
  return result.stdout;
}

/** The binary of the platform package: buf's own launcher needs an install script to have run. */
function findBuf() {
  const arch =
    process.platform === 'linux' ? { arm64: 'aarch64', arm: 'armv7' }[process.arch] : undefined;
  const name = `@bufbuild/buf-${process.platform}-${arch ?? process.arch}`;
  const fromBuf = createRequire(path.join(packageFolder('@bufbuild/buf'), 'package.json'));
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return path.join(packageFolder(name, fromBuf.resolve), `bin/buf${suffix}`);
}

function compile(inputs, folder) {
  for (const [name, source] of inputs) {
    const target = path.join(folder, name);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.copyFileSync(source, target);
  }
  fs.writeFileSync(path.join(folder, 'buf.yaml'), 'version: v2\nmodules:\n  - path: .\n');
  return run(findBuf(), ['build', '.', '--as-file-descriptor-set', '-o', '-#format=binpb'], {
    cwd: folder,
    env: { ...process.env, BUF_CACHE_DIR: path.join(cache, 'buf') },
  });
}

async function merge(compiled) {
  const { fromBinary } = await import('@bufbuild/protobuf');
  const { FileDescriptorSetSchema } = await import('@bufbuild/protobuf/wkt');
  const { mergeOverlay } = await import('../packages/wire/overlay/merge.mjs');
  const all = fromBinary(FileDescriptorSetSchema, compiled);
  const isOurs = (file) => file.name.startsWith('limpid/');
  return mergeOverlay(
    { ...all, file: all.file.filter((file) => !isOurs(file)) },
    { ...all, file: all.file.filter(isOurs) },
  );
}

/** Speaks the plugin protocol itself: buf generate would compile a second time. */
async function generateCode(set) {
  const { create, fromBinary, toBinary } = await import('@bufbuild/protobuf');
  const { CodeGeneratorRequestSchema, CodeGeneratorResponseSchema } = await import(
    '@bufbuild/protobuf/wkt'
  );
  const request = create(CodeGeneratorRequestSchema, {
    parameter: 'target=js+dts,import_extension=js',
    protoFile: set.file,
    fileToGenerate: set.file
      .map((file) => file.name)
      .filter((name) => !name.startsWith('google/protobuf/')),
  });
  const plugin = path.join(packageFolder('@bufbuild/protoc-gen-es'), 'bin/protoc-gen-es');
  const input = toBinary(CodeGeneratorRequestSchema, request);
  const response = fromBinary(
    CodeGeneratorResponseSchema,
    run(process.execPath, [plugin], { input }),
  );
  if (response.error) throw new Error(`protoc-gen-es: ${response.error}`);
  return response.file.map((file) => [file.name, file.content]);
}

/** Renames into place, so that a process that imports them meanwhile never sees half a file. */
function write(file, content) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}`;
  fs.writeFileSync(draft, content);
  fs.renameSync(draft, file);
}

function removeStale(files) {
  if (!fs.existsSync(generated)) return;
  const wanted = new Set(files.map(([name]) => name));
  for (const name of listFiles(generated)) {
    if (/_pb\.(js|d\.ts)$/.test(name) && !wanted.has(name)) fs.rmSync(path.join(generated, name));
  }
}

async function generate(inputs, hash) {
  const started = Date.now();
  const folder = path.join(cache, `build-${process.pid}`);
  try {
    const { toBinary } = await import('@bufbuild/protobuf');
    const { FileDescriptorSetSchema } = await import('@bufbuild/protobuf/wkt');
    const { set, added, changed, skipped } = await merge(compile(inputs, folder));
    const files = await generateCode(set);
    write(merged, toBinary(FileDescriptorSetSchema, set));
    for (const [name, content] of files) write(path.join(generated, name), content);
    removeStale(files);
    const outputs = files.map(([name]) => path.posix.join('src/gen', name));
    write(stampFile, JSON.stringify({ hash, files: outputs }));
    console.log(
      `generate: ${files.length} files in ${((Date.now() - started) / 1000).toFixed(1)} s; overlay: ` +
        `${added.length} added, ${changed.length} changed, ${skipped.length} upstream has by now`,
    );
    for (const line of skipped) console.log(`generate: upstream has ${line}`);
    if (!process.argv.includes('--list')) return;
    for (const line of added) console.log(`generate: added ${line}`);
    for (const line of changed) console.log(`generate: changed ${line}`);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

const inputs = collectInputs();
const hash = hashInputs(inputs);
if (isCurrent(hash) && !process.argv.includes('--list')) console.log('generate: nothing changed');
else await generate(inputs, hash);
