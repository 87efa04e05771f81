// Places on a sphere. GPS coordinates are degrees (SRID 4326).
import type { Geo, GeoLimit, GeoPoint } from '@limpid/wire';
import { invalidArgument } from '@limpid/wire/status';
import type { InputTest, Place } from './ast.ts';

/** Mean radius. */
const EARTH_KM = 6371.0088;
const KM_PER_MILE = 1.609344;

const radiansOf: { readonly [type: string]: (value: number) => number } = {
  withinKilometers: (km) => km / EARTH_KM,
  withinMiles: (miles) => (miles * KM_PER_MILE) / EARTH_KM,
  withinDegrees: (degrees) => (degrees * Math.PI) / 180,
  withinRadians: (radians) => radians,
};

/** The conditions of a `geo`: a point with a limit, two corners of a box, or both. */
export function readGeo(geo: Geo, at: string): InputTest[] {
  const { geoPoint, geoLimit, geoBox } = geo;
  const tests: InputTest[] = [];
  if (geoPoint && geoLimit) tests.push(readCircle(geoPoint, geoLimit, at));
  else if (geoPoint || geoLimit) {
    throw invalidArgument(`${at} needs geo_point and geo_limit together`, 'search');
  }
  if (geoBox.length > 0)
    tests.push(
      readBox(
        geoBox.map((corner) => corner.geoPoint),
        at,
      ),
    );
  if (tests.length === 0) throw invalidArgument(`${at} names no place`, 'search');
  return tests;
}

function readCircle(point: GeoPoint, limit: GeoLimit, at: string): InputTest {
  const convert = Object.hasOwn(radiansOf, limit.type) ? radiansOf[limit.type] : undefined;
  if (!convert) {
    const known = Object.keys(radiansOf).join(', ');
    throw invalidArgument(`${at}.geo_limit.type must be one of ${known}`, 'search');
  }
  if (!(limit.value >= 0) || !Number.isFinite(limit.value)) {
    throw invalidArgument(`${at}.geo_limit.value must not be negative`, 'search');
  }
  return { is: 'near', place: readPoint(point, at), radians: convert(limit.value) };
}

/** Whichever corners are given: the box reaches from the lower to the upper, and from the left to the right. */
function readBox(corners: readonly (GeoPoint | undefined)[], at: string): InputTest {
  const [one, other] = corners;
  if (corners.length !== 2 || !one || !other) {
    throw invalidArgument(`${at}.geo_box needs exactly two points`, 'search');
  }
  const a = readPoint(one, at);
  const b = readPoint(other, at);
  return {
    is: 'within',
    south: {
      latitude: Math.min(a.latitude, b.latitude),
      longitude: Math.min(a.longitude, b.longitude),
    },
    north: {
      latitude: Math.max(a.latitude, b.latitude),
      longitude: Math.max(a.longitude, b.longitude),
    },
  };
}

function readPoint({ latitude, longitude }: GeoPoint, at: string): Place {
  // Written so that NaN is refused.
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) {
    const range = 'latitude from -90 to 90 and longitude from -180 to 180';
    throw invalidArgument(`${at} needs ${range}`, 'search');
  }
  return { latitude, longitude };
}

/** Degrees of latitude that a distance can span: a cheap bound before the exact one. */
export function degreesOf(radians: number): number {
  return (radians * 180) / Math.PI;
}
