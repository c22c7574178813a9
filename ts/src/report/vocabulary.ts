/** The vocabulary in numbers and its outermost words; only words that are shown become strings. */

import type { Token, VocabularySummary } from './data.ts';
import { numbers, type Table } from './tables.ts';

/** A vocabulary's summary, and the tokens of some columns. */
export interface ReadVocabulary {
  readonly summary: VocabularySummary;
  readonly tokens: ReadonlyMap<number, Token>;
}

/** Reads a vocabulary: its `top` most frequent and rarest words, and those of the asked columns. */
export async function readVocabulary(table: Table, columns: readonly number[], top: number): Promise<ReadVocabulary> {
  const asked = new Set(columns);
  const tokens = new Map<number, Token>();
  const frequent = new Top(top);
  const rare = new Top(top);
  let [size, occurrences] = [0, 0];
  for await (const batch of table.batches()) {
    const [n, df] = [numbers(batch, 'n'), numbers(batch, 'df')];
    const idf = batch.getChild('idf');
    for (let row = 0; row < batch.numRows; row += 1) {
      const column = size + row;
      const take = (): Token => ({
        token: String(batch.getChild('token')?.get(row)),
        column,
        n: Number(n[row]),
        df: Number(df[row]),
        idf: idf?.isValid(row) ? Number(idf.get(row)) : null,
      });
      occurrences += Number(n[row]);
      frequent.offer(Number(n[row]), take);
      // Without idf the words that fewest texts hold are the rarest.
      rare.offer(idf?.isValid(row) ? Number(idf.get(row)) : -Number(df[row]), take);
      if (asked.has(column)) tokens.set(column, take());
    }
    size += batch.numRows;
  }
  return { summary: { size, occurrences, frequent: frequent.tokens(), rare: rare.tokens() }, tokens };
}

/** Keeps the tokens with the highest values; equal values: the first. */
class Top {
  readonly #size: number;
  #kept: { value: number; token: Token }[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  offer(value: number, take: () => Token): void {
    const last = this.#kept.at(-1);
    if (this.#kept.length >= this.#size && last && value <= last.value) return;
    const after = this.#kept.findIndex((kept) => kept.value < value);
    this.#kept.splice(after < 0 ? this.#kept.length : after, 0, { value, token: take() });
    this.#kept = this.#kept.slice(0, this.#size);
  }

  tokens(): Token[] {
    return this.#kept.map(({ token }) => token);
  }
}
