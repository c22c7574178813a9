/** Reads what a report shows from the store. A part that cannot be read is named in the report and costs only its section. */

import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { asNlpflowError } from '../errors.ts';
import type { StageName } from '../events.ts';
import type { Plan } from '../flow/plan.ts';
import type { RunRecord } from '../runs/manifest.ts';
import type { Store } from '../store/store.ts';
import { readCurves } from './curves.ts';
import type { ReportData, Timeline } from './data.ts';
import { bestColumns, type ColumnGains, columnGains, rankGains } from './importance.ts';
import { summarisePredictions } from './predictions.ts';
import { withParquet, withTable } from './tables.ts';
import { spansOfTrace, timelineOfEvents } from './timeline.ts';
import { type ReadVocabulary, readVocabulary } from './vocabulary.ts';

/** Curves that can be told apart in one plot. */
const CURVES = 6;
/** Tokens in each list. */
const TOKENS = 20;
/** A model file that is larger is not read, so that the memory for a report stays bounded. */
const LARGEST_MODEL = 1 << 30;

/** What a report needs beside run and store. */
export interface ReportPlace {
  readonly maximized: ReadonlySet<string>;
  /** Option that finds the store again; empty for the default store. */
  readonly storeFlag: string;
}

/** Gathers the data of a run's report. */
export async function gatherReport(record: RunRecord, store: Store, place: ReportPlace): Promise<ReportData> {
  const unreadable: string[] = [];
  const attempt = async <T>(what: string, read: () => Promise<T | undefined>): Promise<T | undefined> => {
    try {
      return await read();
    } catch (error) {
      unreadable.push(`${what}: ${asNlpflowError(error).message.split('\n')[0]}`);
      return undefined;
    }
  };
  const plan = await attempt('plan.json', () => readPlan(record, store));
  const gains = await attempt('the model', () => readGains(record, store));
  const read = await attempt('the vocabulary', () => vocabularyOf(record, store, gains));
  const predictions = await attempt('the predictions', () => predictionsOf(record, store));
  const curves = await attempt('the curves', async () => {
    const metric = record.config.tune.metric;
    const by = { name: metric, maximize: place.maximized.has(metric) };
    return plan && record.results ? readCurves(plan, record.results, by, store, CURVES) : undefined;
  });
  const timeline = await attempt('the events', () => timelineOf(record, store));
  const trace = await attempt('trace.parquet', () => traceOf(record, store));
  return {
    record,
    ...place,
    ...(plan ? { plan } : {}),
    ...(read ? { vocabulary: read.summary } : {}),
    ...(read && gains ? { importance: rankGains(gains, read.tokens, TOKENS) } : {}),
    ...(predictions ? { predictions } : {}),
    ...(curves ? { curves } : {}),
    ...(timeline ? { timeline: trace ? { ...timeline, spans: trace } : timeline } : {}),
    unreadable,
  };
}

async function readPlan(record: RunRecord, store: Store): Promise<Plan | undefined> {
  const bytes = await store.getRun(record.id, 'plan.json');
  return bytes ? (JSON.parse(bytes.toString('utf8')) as Plan) : undefined;
}

async function readGains(record: RunRecord, store: Store): Promise<ColumnGains | undefined> {
  const key = record.keys.fit;
  if (key === undefined) return undefined;
  const path = join(await folderOf('fit', key, store), 'model.ubj');
  const { size } = await stat(path);
  if (size > LARGEST_MODEL) throw new Error(`model.ubj has ${size} bytes, too many to be read for a report`);
  return columnGains(await readFile(path));
}

async function vocabularyOf(
  record: RunRecord,
  store: Store,
  gains: ColumnGains | undefined,
): Promise<ReadVocabulary | undefined> {
  const key = record.keys.final;
  if (key === undefined) return undefined;
  const path = join(await folderOf('features', key, store), 'vocabulary.arrow');
  const columns = gains ? bestColumns(gains.gains, TOKENS) : [];
  return withTable(path, (table) => readVocabulary(table, columns, TOKENS));
}

async function predictionsOf(record: RunRecord, store: Store): Promise<ReportData['predictions'] | undefined> {
  const key = record.keys.fit;
  if (key === undefined) return undefined;
  return withTable(join(await folderOf('fit', key, store), 'predictions.parquet'), summarisePredictions);
}

async function timelineOf(record: RunRecord, store: Store): Promise<Timeline | undefined> {
  const bytes = await store.getRun(record.id, 'events.jsonl');
  return bytes ? timelineOfEvents(bytes.toString('utf8')) : undefined;
}

async function traceOf(record: RunRecord, store: Store): Promise<Timeline['spans'] | undefined> {
  const bytes = await store.getRun(record.id, 'trace.parquet');
  return bytes ? withParquet(bytes, spansOfTrace) : undefined;
}

async function folderOf(stage: StageName, key: string, store: Store): Promise<string> {
  if (!(await store.has(stage, key))) throw new Error('no longer in the store, or not whole');
  return store.folder(stage, key);
}
