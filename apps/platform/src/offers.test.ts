import { catalogueOf } from '@limpid/server/seed/catalogue';
import { expect, test } from 'vitest';
import { EnvError } from './env.ts';
import { offersOf } from './offers.ts';

test('the core models carry every seeded workflow', () => {
  const { models, workflows } = catalogueOf(offersOf('core'));
  expect(workflows.map(({ id }) => id)).toEqual([
    'Empty',
    'Universal',
    'General',
    'Text',
    'Language-Understanding',
    'General-Detection',
    'Face',
  ]);
  const featured = models.filter(({ featuredOrder }) => featuredOrder !== undefined);
  expect(featured.length).toBeGreaterThan(0);
  expect(featured.length).toBeLessThan(models.length);
  for (const { license, creator } of models) expect([license, creator]).not.toContain('');
});

test('words that clients look for are among the concepts', () => {
  const words = offersOf('core').flatMap(({ concepts }) => concepts);
  const ids = new Map(words.map(({ id, name }) => [name, id]));
  expect(ids.get('water')).toBe('ai_98Xb0K3q');
  expect([...ids.keys()]).toEqual(expect.arrayContaining(['dog', 'cat']));
});

test('models are chosen by name, and a name that is none is refused', () => {
  expect(offersOf('none')).toEqual([]);
  const [one, ...others] = offersOf('face-detection');
  expect(one?.model.id).toBe('face-detection');
  expect(others).toEqual([]);
  expect(() => offersOf('core,face-detection')).toThrow(EnvError);
});
