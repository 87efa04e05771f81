import { create, GeoSchema, type MessageInitShape } from '@limpid/wire';
import { expect, test } from 'vitest';
import { readGeo } from './geo.ts';

const read = (geo: MessageInitShape<typeof GeoSchema>) => readGeo(create(GeoSchema, geo), 'geo');
const geoPoint = { latitude: 40, longitude: -29 };
const radius = (type: string, value: number) => {
  const [test] = read({ geoPoint, geoLimit: { type, value } });
  if (test?.is !== 'near') throw new Error('no circle');
  expect(test.place).toEqual(geoPoint);
  return test.radians;
};

test('a radius in each unit', () => {
  expect(radius('withinRadians', 0.5)).toBe(0.5);
  expect(radius('withinDegrees', 180)).toBeCloseTo(Math.PI, 12);
  expect(radius('withinKilometers', 6371.0088)).toBe(1);
  expect(radius('withinMiles', 100)).toBeCloseTo(radius('withinKilometers', 160.9344), 7);
});

test('a box from any two corners', () => {
  const corner = (latitude: number, longitude: number) => ({ geoPoint: { latitude, longitude } });
  const expected = [
    {
      is: 'within',
      south: { latitude: 39, longitude: -31 },
      north: { latitude: 41, longitude: -29 },
    },
  ];
  expect(read({ geoBox: [corner(39, -31), corner(41, -29)] })).toEqual(expected);
  expect(read({ geoBox: [corner(41, -31), corner(39, -29)] })).toEqual(expected);
  expect(read({ geoBox: [corner(39, -29), corner(41, -31)] })).toEqual(expected);
  expect(() => read({ geoBox: [corner(1, 1)] })).toThrow(/exactly two/);
  expect(() => read({ geoBox: [corner(1, 1), {}] })).toThrow(/exactly two/);
});

test.each([
  [{}, /no place/],
  [{ geoPoint }, /together/],
  [{ geoLimit: { type: 'withinMiles', value: 1 } }, /together/],
  [{ geoPoint, geoLimit: { type: 'constructor', value: 1 } }, /must be one of withinKilometers/],
  [{ geoPoint, geoLimit: { type: 'withinMiles', value: -1 } }, /negative/],
  [{ geoPoint, geoLimit: { type: 'withinMiles', value: Number.NaN } }, /negative/],
  [
    { geoPoint: { latitude: 91 }, geoLimit: { type: 'withinMiles', value: 1 } },
    /latitude from -90/,
  ],
])('%j is refused', (geo, details) => {
  expect(() => read(geo)).toThrow(details);
});
