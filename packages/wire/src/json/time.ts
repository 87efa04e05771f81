/** From 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z, the range of RFC 3339 and of the API. */
const FIRST_SECOND = -62135596800n;
const LAST_SECOND = 253402300799n;
const LAST_DURATION = 315576000000n;

const RFC3339 =
  /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;
const DURATION = /^(-?)(\d{1,12})(?:\.(\d{1,9}))?s$/;

/** `seconds` and `nanos` of a timestamp or a duration. */
export interface Instant {
  readonly seconds: bigint;
  readonly nanos: number;
}

/** Undefined for what no RFC 3339 text can say: a gRPC client may send any number. */
export function formatTimestamp({ seconds, nanos }: Instant): string | undefined {
  if (seconds < FIRST_SECOND || seconds > LAST_SECOND || nanos < 0 || nanos > 999_999_999) {
    return undefined;
  }
  const date = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return `${date}${fraction(nanos)}Z`;
}

export function parseTimestamp(text: string): Instant | undefined {
  const [, day, clock, fractionText = '', sign, hours = '0', minutes = '0'] =
    RFC3339.exec(text) ?? [];
  const base = Date.parse(`${day}T${clock}Z`);
  // Date.parse accepts 24:00:00 and rolls 30 February over; both are no times.
  if (Number.isNaN(base) || !new Date(base).toISOString().startsWith(`${day}T${clock}`)) {
    return undefined;
  }
  const offset = (Number(hours) * 60 + Number(minutes)) * 60 * (sign === '-' ? -1 : 1);
  const seconds = BigInt(base / 1000 - offset);
  if (seconds < FIRST_SECOND || seconds > LAST_SECOND) return undefined;
  return { seconds, nanos: Number(fractionText.padEnd(9, '0')) };
}

export function formatDuration({ seconds, nanos }: Instant): string | undefined {
  const mixed = (seconds > 0n && nanos < 0) || (seconds < 0n && nanos > 0);
  const size = seconds < 0n ? -seconds : seconds;
  if (mixed || size > LAST_DURATION || Math.abs(nanos) > 999_999_999) return undefined;
  const sign = seconds < 0n || nanos < 0 ? '-' : '';
  return `${sign}${size}${fraction(Math.abs(nanos))}s`;
}

export function parseDuration(text: string): Instant | undefined {
  const [matched, sign, whole = '', fractionText = ''] = DURATION.exec(text) ?? [];
  if (matched === undefined) return undefined;
  const seconds = BigInt(whole);
  const nanos = Number(fractionText.padEnd(9, '0'));
  if (seconds > LAST_DURATION) return undefined;
  // The second operand of || keeps minus zero out of messages.
  return sign === '-' ? { seconds: -seconds, nanos: -nanos || 0 } : { seconds, nanos };
}

/** None, three, six or nine digits. */
function fraction(nanos: number): string {
  if (nanos === 0) return '';
  const digits = String(nanos).padStart(9, '0');
  if (digits.endsWith('000000')) return `.${digits.slice(0, 3)}`;
  return digits.endsWith('000') ? `.${digits.slice(0, 6)}` : `.${digits}`;
}
