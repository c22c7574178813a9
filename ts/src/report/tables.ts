/** Tables of a run, batch by batch: rows stay in typed arrays and never become JavaScript values one by one. */

import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordBatch } from 'apache-arrow';
import { runStage } from '../native/binding.ts';

/** A table that can be read more than once. */
export interface Table {
  readonly rows: number;
  batches(): AsyncGenerator<RecordBatch>;
}

/**
 * Lets `use` read a table. Parquet is turned into an Arrow file by the native side first, since that can be read in
 * pieces; the file is removed afterwards.
 */
export function withTable<T>(path: string, use: (table: Table) => Promise<T>): Promise<T> {
  return aside(async (folder) => {
    const arrow = join(folder, 'table.arrow');
    const { rows } = await runStage('export', { table: path, output: arrow });
    return use({ rows, batches: () => batches(arrow) });
  });
}

/** The same for the bytes of a Parquet file. */
export function withParquet<T>(bytes: Uint8Array, use: (table: Table) => Promise<T>): Promise<T> {
  return aside(async (folder) => {
    const path = join(folder, 'table.parquet');
    await writeFile(path, bytes);
    return withTable(path, use);
  });
}

async function aside<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'nlpflow-report-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function* batches(path: string): AsyncGenerator<RecordBatch> {
  // Loaded only here: it is the slowest import of the program.
  const { RecordBatchReader } = await import('apache-arrow');
  const file = await open(path, 'r');
  try {
    for await (const batch of await RecordBatchReader.from(file)) yield batch;
  } finally {
    // The reader closes the file when it has read all of it.
    await file.close().catch(() => {});
  }
}

/** A column of numbers; 64-bit integers as they are. Throws when the table has no such column. */
export function numbers(batch: RecordBatch, name: string): ArrayLike<number | bigint> {
  const column = batch.getChild(name);
  if (!column) throw new Error(`the table has no column ${name}`);
  return column.toArray() as ArrayLike<number | bigint>;
}

/** Tells for each row whether a column of texts holds this text, without making strings of them. */
export function equals(batch: RecordBatch, name: string, text: string): (row: number) => boolean {
  const data = batch.getChild(name)?.data[0];
  const [offsets, bytes] = [data?.valueOffsets as Int32Array | undefined, data?.values as Uint8Array | undefined];
  if (!offsets || !bytes) throw new Error(`the table has no column of texts ${name}`);
  const wanted = new TextEncoder().encode(text);
  return (row) => {
    const from = offsets[row] ?? 0;
    if ((offsets[row + 1] ?? 0) - from !== wanted.length) return false;
    for (let at = 0; at < wanted.length; at += 1) if (bytes[from + at] !== wanted[at]) return false;
    return true;
  };
}
