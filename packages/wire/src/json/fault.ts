import { StatusError } from '../status.ts';

const MAX_DEPTH = 100;
const BAD_REQUEST_FORMAT = 11100;

/** Where in a JSON document the decoder is. Costs a push and a pop a level; read only on failure. */
export class JsonPath {
  private readonly steps: (string | number)[] = [];

  enter(step: string | number): void {
    this.steps.push(step);
    if (this.steps.length > MAX_DEPTH) throw this.fault(`nested deeper than ${MAX_DEPTH} levels`);
  }

  leave(): void {
    this.steps.pop();
  }

  fault(what: string): StatusError {
    const path = this.steps
      .map((step, i) =>
        typeof step === 'number' ? `[${step}]` : `${i > 0 ? '.' : ''}${cut(step)}`,
      )
      .join('');
    return new StatusError(BAD_REQUEST_FORMAT, { details: path ? `${path}: ${what}` : what });
  }

  expected(what: string, got: unknown): StatusError {
    return this.fault(`expected ${what}, got ${describe(got)}`);
  }
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  return cut(JSON.stringify(value) ?? typeof value);
}

/** Short enough for an answer: a request may hold megabytes where a number or a name should be. */
function cut(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
