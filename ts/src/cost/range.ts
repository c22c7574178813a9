/** A number that is not known exactly: what it is at least, likely and at most. */

export interface Range {
  readonly low: number;
  readonly likely: number;
  readonly high: number;
}

export const NOTHING: Range = { low: 0, likely: 0, high: 0 };

/** A number that is known. */
export function exactly(value: number): Range {
  return { low: value, likely: value, high: value };
}

/** The sum; all may be at their lowest or highest together, since what makes one task long makes all of them long. */
export function sum(ranges: Iterable<Range>): Range {
  let [low, likely, high] = [0, 0, 0];
  for (const range of ranges) {
    low += range.low;
    likely += range.likely;
    high += range.high;
  }
  return { low, likely, high };
}

/** The product of two. */
export function times(range: Range, by: Range | number): Range {
  const factor = typeof by === 'number' ? exactly(by) : by;
  return { low: range.low * factor.low, likely: range.likely * factor.likely, high: range.high * factor.high };
}

/** At each place the larger of two. */
export function larger(a: Range, b: Range): Range {
  return { low: Math.max(a.low, b.low), likely: Math.max(a.likely, b.likely), high: Math.max(a.high, b.high) };
}
