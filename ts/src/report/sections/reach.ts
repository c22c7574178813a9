/** A scale from the lowest to the highest end of intervals: Vega-Lite by itself looks at their lower ends only. */
export function reach(intervals: readonly { readonly low: number; readonly high: number }[]): Record<string, unknown> {
  if (intervals.length === 0) return { zero: false };
  const low = intervals.reduce((least, one) => Math.min(least, one.low), Number.POSITIVE_INFINITY);
  const high = intervals.reduce((most, one) => Math.max(most, one.high), Number.NEGATIVE_INFINITY);
  const margin = (high - low || Math.abs(high) || 1) * 0.04;
  return { domain: [low - margin, high + margin], zero: false, nice: true };
}
