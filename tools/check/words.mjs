// Words that a committed file must not hold: hosts nobody allowed, paths of one machine, unfinished work, vague names.
import { readAll } from './sources.mjs';

const BINARY =
  /\.(png|jpe?g|gif|webp|ico|tiff?|bmp|avif|mp[34]|wav|flac|ogg|webm|onnx|binpb|zip|gz|tgz|woff2?|pdf|npy)$/i;
const URL_HOST = /\bhttps?:\/\/([A-Za-z0-9._-]+)/g;

/** Hosts that code, tests and documents may name, with everything below them. */
const HOSTS = [
  // ours and the reserved ones of RFC 2606
  'localhost',
  'example.com',
  'example.org',
  'example.net',
  'example',
  'test',
  'invalid',
  'localdomain',
  // the API that we are compatible with and the sample media that its clients name
  'clarifai.com',
  's3.amazonaws.com',
  // public registries, model hubs and the homes of what we depend on
  'npmjs.org',
  'npmjs.com',
  'pypi.org',
  'pythonhosted.org',
  'huggingface.co',
  'github.com',
  'githubusercontent.com',
  'nodejs.org',
  'python.org',
  'postgresql.org',
  'docker.com',
  'tensorflow.org',
  'pytorch.org',
  'storage.googleapis.com',
  'openai.com',
  'anthropic.com',
  // licences and standards
  'apache.org',
  'gnu.org',
  'spdx.org',
  'opensource.org',
  'creativecommons.org',
  'ietf.org',
  'rfc-editor.org',
  'w3.org',
  'json-schema.org',
  'schemastore.org',
  'protobuf.dev',
  'grpc.io',
  'ffmpeg.org',
  'libvips.org',
  'openapis.org',
  'modelcontextprotocol.io',
  'arxiv.org',
  'wordnet.princeton.edu',
  'image-net.org',
  'cocodataset.org',
  'wikimedia.org',
  'wikipedia.org',
];

const PATTERNS = [
  {
    what: 'a path of one machine',
    test: /(?<![\w.$}-])\/(?:home\/(?!node\b)[a-z]|Users\/[A-Za-z]|root\/|work\/[a-z])/,
  },
  {
    what: 'unfinished work',
    test: /\b(?:TODO|FIXME|XXX)\b(?!:?-)/,
    only: /\.(ts|tsx|mjs|js|py|sql|sh)$/,
  },
  { what: 'a default export', test: /^export default\b/m, only: /^(packages|apps)\/.*\.tsx?$/ },
  {
    what: 'a vague name',
    test: /\bclass \w*(?:Manager|Helper|Util|Utils|Base)\b/,
    only: /^(packages|apps)\/.*\.tsx?$/,
  },
  {
    what: 'a skipped or lonely test',
    test: /\b(?:test|it|describe)\.(?:skip|todo|only|fails)\b|pytest\.(?:skip|mark\.(?:skip|xfail))/,
    only: /\.(ts|mjs|py)$/,
  },
];
/** Files that must name the words they look for. */
const MAY_NAME = /^tools\/(check\/|test\.mjs|accept)/;

export function checkWords({ root, files }) {
  const problems = [];
  for (const [file, text] of readAll(
    root,
    files.filter((name) => !BINARY.test(name)),
  )) {
    for (const host of hostsOf(file, text)) problems.push(`${file}: names the host ${host}`);
    if (MAY_NAME.test(file)) continue;
    for (const { what, test, only } of PATTERNS) {
      if (only && !only.test(file)) continue;
      const found = test.exec(text);
      if (found)
        problems.push(
          `${file}:${lineOf(text, found.index)}: holds ${what}: ${lineText(text, found.index)}`,
        );
    }
  }
  return { problems };
}

function hostsOf(file, text) {
  // Funding and home pages of dependencies are npm's to name; where a tarball comes from is ours.
  const searched = file.endsWith('package-lock.json')
    ? (text.match(/"resolved": ".*"/g) ?? []).join('\n')
    : text;
  const hosts = [...searched.matchAll(URL_HOST)].map((match) =>
    match[1].toLowerCase().replace(/\.+$/, ''),
  );
  return [...new Set(hosts)].filter((host) => !allowed(host));
}

function allowed(host) {
  // A single word is a placeholder or a name inside a container network; an address is no host word.
  if (!host.includes('.') || /^[\da-fx.]+$/.test(host)) return true;
  return HOSTS.some((known) => host === known || host.endsWith(`.${known}`));
}

const lineOf = (text, at) => text.slice(0, at).split('\n').length;

function lineText(text, at) {
  const start = text.lastIndexOf('\n', at - 1) + 1;
  const end = text.indexOf('\n', at);
  return text
    .slice(start, end < 0 ? undefined : end)
    .trim()
    .slice(0, 120);
}
