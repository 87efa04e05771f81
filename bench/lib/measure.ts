// Load on one subject after the other, again and again, so that whatever else the machine does meets all of them alike.

/** One way of doing the same work: calls a second. */
export interface Subject {
  readonly name: string;
  rate(): Promise<number>;
}

/** Keeps `inFlight` calls going for `ms`; answers a second. */
export async function rateOf(
  call: (index: number) => Promise<unknown>,
  { inFlight, ms }: { inFlight: number; ms: number },
): Promise<number> {
  const started = performance.now();
  let done = 0;
  let next = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() - started < ms) {
      await call(next++);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return (done / (performance.now() - started)) * 1000;
}

/** Rates of each subject, by name, one a round. The first round warms up and is dropped. */
export async function alternate(
  subjects: readonly Subject[],
  rounds: number,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const rates = new Map(subjects.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round <= rounds; round++) {
    const order = round % 2 === 0 ? subjects : subjects.toReversed();
    for (const subject of order) {
      const rate = await subject.rate();
      if (round > 0) rates.get(subject.name)?.push(rate);
    }
  }
  return rates;
}

/** The median of the ratios within each round. */
export function ratio(a: readonly number[] = [], b: readonly number[] = []): number {
  return median(a.map((rate, round) => rate / (b[round] ?? Number.NaN)));
}

export function median(values: readonly number[] = []): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

export function say(line: string): void {
  console.log(`  ${line}`);
}

/** `1.234` where it matters, `1,234` where it does not. */
export function figure(value: number): string {
  return value < 10 ? value.toFixed(2) : Math.round(value).toLocaleString('en');
}
