import pg from 'pg';

// Keys and transaction ids are 64 bits wide, more than a JavaScript number holds exactly.
const bigints = new Set([20, 5069]);
const bigintArrays = new Set([1016, 271]);
// A date without a time is no moment: the driver would make it one in the machine's time zone.
const dates = new Set([1082]);

type Parser = (text: string) => unknown;

/** How columns come back: bigint and xid8 as bigint, date as text, all else as the driver does it. */
export const columnTypes: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (format !== 'binary') {
      if (bigints.has(oid)) return BigInt;
      if (bigintArrays.has(oid)) return parseBigints;
      if (dates.has(oid)) return String;
    }
    return pg.types.getTypeParser(oid, format ?? 'text');
  }) as pg.CustomTypesConfig['getTypeParser'],
};

/** Bigint arrays need no quoting: `{1,NULL,3}`, and none of ours has two dimensions. */
const parseBigints: Parser = (text) =>
  text === '{}'
    ? []
    : text
        .slice(1, -1)
        .split(',')
        .map((item) => (item === 'NULL' ? null : BigInt(item)));
