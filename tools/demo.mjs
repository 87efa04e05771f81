#!/usr/bin/env node
// npm run demo: pictures are uploaded to the running platform, named and searched; demo-out/index.html shows it.
//
// Reads the address and the token from credentials.json of LIMPID_HOME (./.limpid), as `npm start` leaves them there;
// CLARIFAI_API_BASE and CLARIFAI_PAT name another platform and user.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { connect } from './demo/client.mjs';
import { renderPage, thumbnail } from './demo/page.mjs';
import { obtainSamples, stranger } from './demo/samples.mjs';
import { root, seconds } from './shell.mjs';

const WORDS = ['a hot drink', 'farm animals', 'an old building', 'a pet'];
const TOP = 5;
const WORTH_TELLING = 0.02;
const READY_WITHIN = 300_000;
const INPUT_SUCCESS = 30000;
const INPUT_FAILED = new Set([30002, 30004, 30005, 30006]);
const NODES = [
  ['concepts', 'general-image-recognition'],
  ['looks', 'general-image-embedding'],
  ['meaning', 'multimodal-clip-embed'],
];

const started = performance.now();
const say = (line) => console.log(`${seconds(started).padStart(7)}  ${line}`);
try {
  await demonstrate();
} catch (error) {
  console.error(`demo: ${error.message}`);
  process.exitCode = 1;
}

async function demonstrate() {
  const where = findPlatform();
  const client = connect(where);
  try {
    const { user } = await client.call('GetUser', { user_app_id: { user_id: 'me' } });
    say(`${where.url} answers, we are user ${user.id}`);
    const samples = await obtainSamples(say);
    say(`${samples.length} sample pictures`);
    await awaitModels(client, samples[0].read());
    const app = await makeApp(client, user.id);
    const pictures = await upload(client, app, samples);
    const searches = [await searchByPicture(client, app)];
    for (const words of WORDS) searches.push(await searchByWords(client, app, words));
    const file = await write({ url: where.url, app: app.app_id, pictures, searches });
    say(`wrote ${path.relative(process.cwd(), file)}`);
  } finally {
    client.close();
  }
}

function findPlatform() {
  const { CLARIFAI_API_BASE, CLARIFAI_PAT, LIMPID_HOME } = process.env;
  if (CLARIFAI_API_BASE && CLARIFAI_PAT) return { url: CLARIFAI_API_BASE, pat: CLARIFAI_PAT };
  const file = path.resolve(root, LIMPID_HOME ?? '.limpid', 'credentials.json');
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    throw new Error(`${file} is not there: start the platform first (npm start)`);
  }
}

/** The first start fetches weights in the background: pictures that come before them would stay unnamed. */
async function awaitModels({ callWhenReady }, bytes) {
  for (const [, model] of NODES) {
    let waits = false;
    const request = {
      user_app_id: { user_id: 'clarifai', app_id: 'main' },
      model_id: model,
      inputs: [{ data: { image: { base64: bytes } } }],
    };
    await callWhenReady('PostModelOutputs', request, (reason) => {
      if (!waits) say(`waiting for ${model}: ${reason}`);
      waits = true;
    });
    say(`model ${model} answers`);
  }
}

/** An app whose base workflow names each picture and embeds it twice, for search by pictures and by words. */
async function makeApp({ call }, userId) {
  const stamp = new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  const place = { user_id: userId, app_id: `demo-${stamp}` };
  await call('PostApps', {
    user_app_id: { user_id: userId },
    apps: [{ id: place.app_id, description: 'Made by npm run demo' }],
  });
  const nodes = NODES.map(([id, model]) => ({
    id,
    model: { id: model, user_id: 'clarifai', app_id: 'main' },
  }));
  await call('PostWorkflows', { user_app_id: place, workflows: [{ id: 'look', nodes }] });
  await call('PatchApps', {
    user_app_id: { user_id: userId },
    action: 'overwrite',
    apps: [{ id: place.app_id, default_workflow: { id: 'look', ...place } }],
  });
  say(`made app ${place.app_id} with base workflow look: ${NODES.map(([id]) => id).join(', ')}`);
  return place;
}

async function upload(client, app, samples) {
  const since = performance.now();
  await client.call('PostInputs', {
    user_app_id: app,
    inputs: samples.map(({ id, read }) => ({ id, data: { image: { base64: read() } } })),
  });
  await awaitInputs(client, app, samples.length);
  say(`${samples.length} pictures uploaded, named and embedded in ${seconds(since)}`);
  const pictures = [];
  for (const { id, title, credit, read } of samples) {
    const concepts = await conceptsOf(client, app, id);
    if (concepts.length === 0) throw new Error(`no concept was predicted for ${id}`);
    const told = concepts.map(({ name, value }) => `${name} ${value.toFixed(2)}`).join(', ');
    say(`  ${title}: ${told}`);
    pictures.push({ id, title, credit, concepts, image: await thumbnail(read()) });
  }
  return pictures;
}

async function awaitInputs({ call }, app, count) {
  const until = Date.now() + READY_WITHIN;
  for (;;) {
    const { inputs } = await call('ListInputs', { user_app_id: app, page: 1, per_page: 128 });
    const failed = inputs.find(({ status }) => INPUT_FAILED.has(status.code));
    if (failed) throw new Error(`input ${failed.id}: ${failed.status.description}`);
    const ready = inputs.filter(({ status }) => status.code === INPUT_SUCCESS);
    if (ready.length === count) return;
    if (Date.now() > until) throw new Error(`${ready.length} of ${count} inputs are ready`);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

/** The concepts that the base workflow wrote on an input, surest first. */
async function conceptsOf({ call }, app, id) {
  const { annotations } = await call('ListAnnotations', {
    user_app_id: app,
    input_ids: [id],
    list_all_annotations: true,
    per_page: 100,
  });
  return annotations
    .flatMap(({ data }) => data?.concepts ?? [])
    .filter(({ value }) => value >= WORTH_TELLING)
    .sort((a, b) => b.value - a.value)
    .slice(0, TOP);
}

async function searchByPicture(client, app) {
  const bytes = stranger.read();
  const hits = await search(client, app, { image: { base64: bytes } });
  say(`pictures like "${stranger.title}", which is not in the app: ${tell(hits)}`);
  const { title } = stranger;
  return { kind: 'Pictures like', image: await thumbnail(bytes), title, hits };
}

async function searchByWords(client, app, words) {
  const hits = await search(client, app, { text: { raw: words } });
  say(`pictures for the words "${words}": ${tell(hits)}`);
  return { kind: 'Pictures for the words', words, hits };
}

async function search({ call }, app, data) {
  const { hits } = await call('PostInputsSearches', {
    user_app_id: app,
    searches: [{ query: { ranks: [{ annotation: { data } }] } }],
    pagination: { page: 1, per_page: TOP },
  });
  return hits.map(({ score, input }) => ({ id: input.id, score }));
}

function tell(hits) {
  return hits.map(({ id, score }) => `${id} ${score.toFixed(2)}`).join(', ');
}

async function write({ url, app, pictures, searches }) {
  const folder = path.join(root, 'demo-out');
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, 'index.html');
  const page = renderPage({ url, app, pictures, searches, credits: [...pictures, stranger] });
  writeFileSync(file, page);
  return file;
}
