/** predictions.parquet in two passes: the ranges from a sample, then exact counts. */

import type { RecordBatch } from 'apache-arrow';
import type { Bin, Decile, Histogram, PredictionSummary } from './data.ts';
import { equals, numbers, type Table } from './tables.ts';

/** Values from which ranges and deciles are read; with fewer rows they are exact. */
const SAMPLE = 200_000;
const BINS = 40;
/** Cells of the density in each direction. */
const CELLS = 36;
/** Share of rows on each side that may lie outside of a plot's range: one outlier must not flatten everything else. */
const TAIL = 0.002;

interface Rows {
  readonly length: number;
  readonly isTest: (row: number) => boolean;
  readonly outcome: ArrayLike<number>;
  readonly prediction: ArrayLike<number>;
}

/** Summarises the predictions of a run; memory does not grow with the number of rows. */
export async function summarisePredictions(table: Table): Promise<PredictionSummary> {
  const stride = Math.max(1, Math.ceil(table.rows / SAMPLE));
  const sample = {
    outcomes: [] as number[],
    tested: [] as number[],
    predicted: [] as number[],
    residuals: [] as number[],
  };
  let [train, test] = [0, 0];
  for await (const rows of read(table)) {
    for (let row = 0; row < rows.length; row += 1) {
      const isTest = rows.isTest(row);
      if (isTest) test += 1;
      else train += 1;
      if ((train + test) % stride !== 0) continue;
      const [outcome, prediction] = [rows.outcome[row] as number, rows.prediction[row] as number];
      sample.outcomes.push(outcome);
      if (!isTest) continue;
      sample.tested.push(outcome);
      sample.predicted.push(prediction);
      sample.residuals.push(outcome - prediction);
    }
  }
  const outcomes = new Counter(rangeOf(sample.outcomes), BINS);
  const residuals = new Counter(rangeOf(sample.residuals), BINS);
  const density = new Density(rangeOf([...sample.tested, ...sample.predicted]), CELLS);
  const deciles = new Groups(edges(sample.predicted));
  for await (const rows of read(table)) {
    for (let row = 0; row < rows.length; row += 1) {
      const [outcome, prediction] = [rows.outcome[row] as number, rows.prediction[row] as number];
      outcomes.add(outcome);
      if (!rows.isTest(row)) continue;
      residuals.add(outcome - prediction);
      density.add(prediction, outcome);
      deciles.add(prediction, outcome);
    }
  }
  return {
    train,
    test,
    outcomes: outcomes.histogram(),
    residuals: residuals.histogram(),
    density: density.summary(),
    deciles: deciles.summary(),
  };
}

async function* read(table: Table): AsyncGenerator<Rows> {
  for await (const batch of table.batches()) yield rowsOf(batch);
}

function rowsOf(batch: RecordBatch): Rows {
  return {
    length: batch.numRows,
    isTest: equals(batch, 'set', 'test'),
    outcome: numbers(batch, 'outcome') as ArrayLike<number>,
    prediction: numbers(batch, 'prediction') as ArrayLike<number>,
  };
}

/** The range that holds all but the outermost values. */
function rangeOf(sample: readonly number[]): [from: number, to: number] {
  const sorted = Float64Array.from(sample.filter(Number.isFinite)).sort();
  if (sorted.length === 0) return [0, 1];
  const skipped = Math.floor(sorted.length * TAIL);
  const [from, to] = [sorted[skipped] as number, sorted[sorted.length - 1 - skipped] as number];
  return from < to ? [from, to] : [from - 0.5, to + 0.5];
}

/** The inner borders of ten groups of equal size; fewer where values repeat. */
function edges(sample: readonly number[]): number[] {
  const sorted = Float64Array.from(sample).sort();
  const borders = Array.from({ length: 9 }, (_, tenth) => sorted[Math.floor(((tenth + 1) * sorted.length) / 10)]);
  return [...new Set(borders)].filter((border): border is number => border !== undefined && border > (sorted[0] ?? 0));
}

class Counter {
  readonly #from: number;
  readonly #width: number;
  readonly #counts: Float64Array;
  #below = 0;
  #above = 0;

  constructor([from, to]: [number, number], bins: number) {
    this.#from = from;
    this.#width = (to - from) / bins;
    this.#counts = new Float64Array(bins);
  }

  add(value: number): void {
    const index = place(value, this.#from, this.#width, this.#counts.length);
    if (index < 0) this.#below += 1;
    else if (index >= this.#counts.length) this.#above += 1;
    else this.#counts[index] = (this.#counts[index] ?? 0) + 1;
  }

  histogram(): Histogram {
    const bins = [...this.#counts].map((n, index): Bin => {
      const from = this.#from + index * this.#width;
      return { from, to: from + this.#width, n };
    });
    return { bins, below: this.#below, above: this.#above };
  }
}

class Density {
  readonly #from: number;
  readonly #width: number;
  readonly #size: number;
  readonly #counts: Float64Array;
  #outside = 0;

  constructor([from, to]: [number, number], size: number) {
    this.#from = from;
    this.#width = (to - from) / size;
    this.#size = size;
    this.#counts = new Float64Array(size * size);
  }

  add(predicted: number, observed: number): void {
    const [x, y] = [predicted, observed].map((value) => place(value, this.#from, this.#width, this.#size)) as [
      number,
      number,
    ];
    const isInside = x >= 0 && x < this.#size && y >= 0 && y < this.#size;
    if (!isInside) this.#outside += 1;
    else this.#counts[y * this.#size + x] = (this.#counts[y * this.#size + x] ?? 0) + 1;
  }

  summary(): PredictionSummary['density'] {
    const at = (index: number) => this.#from + index * this.#width;
    const cells = [...this.#counts].flatMap((n, index) =>
      n === 0 ? [] : [{ x: at(index % this.#size), y: at(Math.floor(index / this.#size)), n }],
    );
    return { from: this.#from, width: this.#width, size: this.#size, cells, outside: this.#outside };
  }
}

/** The bin of a value: −1 below, `bins` above; the upper end of the range belongs to the last one. */
function place(value: number, from: number, width: number, bins: number): number {
  const index = Math.floor((value - from) / width);
  if (index < 0) return -1;
  return index === bins && value <= from + width * bins * (1 + 1e-12) ? bins - 1 : Math.min(index, bins);
}

class Groups {
  readonly #edges: readonly number[];
  readonly #groups: {
    n: number;
    from: number;
    to: number;
    predicted: number;
    observed: number;
    sum: number;
    squares: number;
  }[];

  constructor(borders: readonly number[]) {
    this.#edges = borders;
    this.#groups = Array.from({ length: borders.length + 1 }, () => ({
      n: 0,
      from: Number.POSITIVE_INFINITY,
      to: Number.NEGATIVE_INFINITY,
      predicted: 0,
      observed: 0,
      sum: 0,
      squares: 0,
    }));
  }

  add(predicted: number, observed: number): void {
    let index = 0;
    while (index < this.#edges.length && predicted >= (this.#edges[index] as number)) index += 1;
    const group = this.#groups[index];
    if (!group) return;
    const residual = observed - predicted;
    group.n += 1;
    group.from = Math.min(group.from, predicted);
    group.to = Math.max(group.to, predicted);
    group.predicted += predicted;
    group.observed += observed;
    group.sum += residual;
    group.squares += residual * residual;
  }

  summary(): Decile[] {
    return this.#groups
      .filter(({ n }) => n > 0)
      .map(({ n, from, to, predicted, observed, sum, squares }) => ({
        from,
        to,
        n,
        predicted: predicted / n,
        observed: observed / n,
        residual: sum / n,
        std_err: n < 2 ? null : Math.sqrt(Math.max(0, squares - (sum * sum) / n) / (n - 1) / n),
        rmse: Math.sqrt(squares / n),
      }));
  }
}
