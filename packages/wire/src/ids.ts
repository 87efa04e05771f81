/** Sixteen random bytes or more; injected so that tests are repeatable. */
export type RandomBytes = () => Uint8Array;

const clientId = /^[A-Za-z0-9_-]{1,64}$/;

/** Ids of everything but inputs and concepts: they stand in URLs, file names and container names. */
export function isClientId(id: string): boolean {
  return clientId.test(id);
}

const maxWideId = 128;
// Control, format, private-use and surrogate characters; line and paragraph separators; the path separator.
// The two joiners are format characters that Persian words and many emoji cannot do without.
const unprintable = /(?![\u200C\u200D])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}/]/u;

/**
 * Input ids are often file names and concept ids labels in any language, so both may hold any printable
 * character. "." and ".." are refused because URL clients resolve them away.
 */
function isWideId(id: string): boolean {
  if (id === '' || id === '.' || id === '..' || id.trim() !== id) return false;
  if (id.length > 2 * maxWideId || unprintable.test(id)) return false;
  return [...id].length <= maxWideId;
}

export function isInputId(id: string): boolean {
  return isWideId(id);
}

export function isConceptId(id: string): boolean {
  return isWideId(id);
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function hexOf(random: RandomBytes): string {
  const bytes = random();
  if (bytes.length < 16) throw new RangeError('an id needs 16 random bytes');
  let hex = '';
  for (let at = 0; at < 16; at += 1) hex += HEX[bytes[at] as number];
  return hex;
}

/** 32 lower-case hex characters, the form of every id the platform gives. */
export function newHexId(random: RandomBytes): string {
  return hexOf(random);
}

/** RFC 9562 version 4; the official runner expects its id in this form. */
export function newUuid(random: RandomBytes): string {
  const hex = hexOf(random);
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`];
  return [...parts, `${variant}${hex.slice(17, 20)}`, hex.slice(20)].join('-');
}

const maxPrefix = 64;

/** `status.req_id`: the caller's prefix, made safe for logs and headers, and an id of our own. */
export function newRequestId(random: RandomBytes, prefix?: string): string {
  const safe = (prefix ?? '').slice(0, maxPrefix).replace(/[^A-Za-z0-9._-]/g, '');
  return safe === '' ? newHexId(random) : `${safe}-${newHexId(random)}`;
}
