import type { RunMetrics } from '../runs/manifest.ts';

/** The metrics of a run as the bytes of an Arrow IPC stream: one row a metric, in the order that the configuration gives. */
export async function metricsIpc(metrics: RunMetrics, names: readonly string[]): Promise<Uint8Array> {
  // Loaded only here: it is the slowest import of the program.
  const arrow = await import('apache-arrow');
  const float = (value: (name: string) => number | null | undefined) =>
    arrow.vectorFromArray(
      names.map((name) => value(name) ?? null),
      new arrow.Float64(),
    );
  return arrow.tableToIPC(
    new arrow.Table({
      metric: arrow.vectorFromArray([...names], new arrow.Utf8()),
      cv_mean: float((name) => metrics.cv?.[name]?.mean),
      cv_std_err: float((name) => metrics.cv?.[name]?.std_err),
      cv_baseline: float((name) => metrics.cv_baseline?.[name]?.mean),
      train: float((name) => metrics.train?.[name]),
      test: float((name) => metrics.test?.[name]),
      test_baseline: float((name) => metrics.test_baseline?.[name]),
    }),
    'stream',
  );
}
