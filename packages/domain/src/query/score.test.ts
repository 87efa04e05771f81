import { expect, test } from 'vitest';
import { combineScores, conceptScore, reaches, scoreOf } from './score.ts';

test('the same scores 1, a right angle 0.5, the opposite least', () => {
  expect([1, 0, -1].map((cosine) => scoreOf('cosine', cosine))).toEqual([1, 0.5, 0]);
  expect(scoreOf('euclidean', 0)).toBe(1);
  expect(scoreOf('euclidean', Math.SQRT2)).toBeCloseTo(0.5, 12);
  expect(scoreOf('cosine', 1.0000001)).toBe(1);
});

test('both metrics score vectors of unit length alike up to a right angle', () => {
  for (let angle = 0; angle <= Math.PI / 2; angle += 0.1) {
    const distance = 2 * Math.sin(angle / 2);
    expect(scoreOf('euclidean', distance)).toBeCloseTo(scoreOf('cosine', Math.cos(angle)), 10);
  }
});

test('a longer distance never scores more, however long', () => {
  let last = 1;
  for (let distance = 0.01; distance < 1e6; distance *= 1.1) {
    const score = scoreOf('euclidean', distance);
    expect(score).toBeLessThan(last);
    expect(score).toBeGreaterThan(0);
    last = score;
  }
});

test('a wanted value of 0 asks for absence', () => {
  expect(conceptScore(1, 0.9)).toBe(0.9);
  expect(conceptScore(0.5, 0.9)).toBe(0.9);
  expect(conceptScore(0, 0.9)).toBeCloseTo(0.1, 12);
});

test('ranks count together', () => {
  expect(combineScores([])).toBe(1);
  expect(combineScores([0.7])).toBe(0.7);
  expect(combineScores([0.9, 0.9])).toBeCloseTo(0.9, 12);
  expect(combineScores([0.6, 0.6])).toBeGreaterThan(combineScores([0.99, 0.3]));
  expect(combineScores([1, 1, 0])).toBe(0);
});

test('a score that was read can be asked for', () => {
  const score = 0.1 + 0.2;
  expect(reaches(score, Math.fround(score))).toBe(true);
  expect(reaches(0.94, 0.95)).toBe(false);
  expect(reaches(0, 0)).toBe(true);
});
