import { expect, test } from 'vitest';
import { findManifest, modelManifests, weightPack, weightPacks } from './catalogue.ts';

test('every model names packs that exist, and ids are unique with their aliases', () => {
  const ids = modelManifests.flatMap(({ id, aliases }) => [id, ...aliases]);
  expect(new Set(ids).size).toBe(ids.length);
  const versions = modelManifests.flatMap((manifest) => [...manifest.versions]);
  expect(new Set(versions).size).toBe(versions.length);
  expect(versions.every((version) => /^[0-9a-f]{32}$/.test(version))).toBe(true);
  for (const { packs } of modelManifests) for (const id of packs) weightPack(id);
  for (const { needs = [] } of weightPacks) for (const id of needs) weightPack(id);
});

test('the ids that clients hold resolve', () => {
  expect(findManifest('aaa03c23b3724a16a56b629203edc62c')?.id).toBe('general-image-recognition');
  expect(findManifest('general-image-recognition')?.versions).toHaveLength(2);
  expect(findManifest('bbb5f41425b8468d9b7a554ff10f8581')?.dimensions).toBe(1280);
  expect(findManifest('multimodal-clip-embed')?.dimensions).toBe(512);
  expect(findManifest('nothing')).toBeUndefined();
});

test('the default set is small, pinned and permissive', () => {
  const core = new Set(modelManifests.filter((m) => m.core).flatMap((m) => [...m.packs]));
  let bytes = 0;
  for (const pack of weightPacks.filter(({ id }) => core.has(id))) {
    expect(['Apache-2.0', 'MIT', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC']).toContain(pack.license);
    for (const sources of pack.artifacts) {
      bytes += sources[0]?.bytes ?? 0;
      for (const { sha256 } of sources) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    }
  }
  expect(bytes).toBeLessThan(150e6);
});

test('each model shows what was measured and how', () => {
  const measured = modelManifests.filter(({ card }) => card.quality.length > 0);
  expect(measured.length).toBeGreaterThanOrEqual(7);
  for (const { card } of measured) {
    for (const { value, command } of card.quality) {
      expect(value).toBeGreaterThan(0);
      expect(command).toContain('tools/quality/');
    }
  }
});
