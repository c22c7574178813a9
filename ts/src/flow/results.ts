/** The results table as Parquet: written by the native side, so that its bytes depend on the values alone. */

import type { Vector } from 'apache-arrow';
import type { ParameterValue } from '../config/types.ts';
import { tableBytes } from '../native/table.ts';
import type { ResultRow } from '../runs/manifest.ts';

/** The largest number that an int32 column holds. */
const INT32_MAX = 2 ** 31 - 1;

/** The rows as an Arrow IPC stream: configuration, one column a grid parameter, metric, mean, n, std_err. */
export async function resultsIpc(rows: readonly ResultRow[], parameters: readonly string[]): Promise<Uint8Array> {
  // Loaded only here: it is the slowest import of the program.
  const arrow = await import('apache-arrow');
  const text = (values: readonly (string | null)[]): Vector => arrow.vectorFromArray(values, new arrow.Utf8());
  const float = (values: readonly (number | null)[]): Vector => arrow.vectorFromArray(values, new arrow.Float64());
  const int = (values: readonly (number | null)[]): Vector => arrow.vectorFromArray(values, new arrow.Int32());
  const parameter = (values: readonly (ParameterValue | undefined)[]): Vector => {
    if (values.every((value) => typeof value === 'number')) {
      const whole = values.every((value) => Number.isInteger(value) && Math.abs(value) <= INT32_MAX);
      return whole ? int(values) : float(values);
    }
    return text(values.map((value) => (value === undefined ? null : String(value))));
  };
  const columns: Record<string, Vector> = {
    configuration: text(rows.map((row) => row.configuration)),
    ...Object.fromEntries(parameters.map((name) => [name, parameter(rows.map((row) => row.values[name]))])),
    metric: text(rows.map((row) => row.metric)),
    mean: float(rows.map((row) => row.mean)),
    n: int(rows.map((row) => row.n)),
    std_err: float(rows.map((row) => row.std_err)),
  };
  return arrow.tableToIPC(new arrow.Table(columns), 'stream');
}

/** The bytes of results.parquet. */
export async function resultsParquet(rows: readonly ResultRow[], parameters: readonly string[]): Promise<Buffer> {
  return tableBytes(await resultsIpc(rows, parameters), 'results.parquet');
}
