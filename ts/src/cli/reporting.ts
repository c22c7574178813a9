import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { registry } from '../native/registry.ts';
import { buildReport, REPORT_FILE } from '../report/build.ts';
import type { ReportPlace } from '../report/gather.ts';
import { findRun } from '../runs/index.ts';
import type { RunRecord } from '../runs/manifest.ts';
import type { Store } from '../store/store.ts';
import { shorter } from '../ui/format.ts';
import { writeWhole } from './artifact.ts';
import { openFile } from './browser.ts';
import type { Context } from './command.ts';
import { storeFlag } from './flow.ts';

/** Makes the report of a run and says where it is. */
export async function reportOf(wanted: string, output: string | undefined, context: Context): Promise<void> {
  const store = await context.openStore();
  const record = await findRun(store, wanted);
  const page = await buildReport(record, store, reportPlace(context));
  if (output !== undefined) await writeWhole(resolve(context.cwd, output), page);
  const path = output ?? shorter(store.runPath(record.id, REPORT_FILE), context.cwd);
  context.out.result('report', { run: record.id, path });
  context.out.line(`report of run ${record.id} in ${path}`);
}

/** Opens the report of a run in the browser, or says where it is when there is none. */
export async function openReport(wanted: string, context: Context): Promise<void> {
  const store = await context.openStore();
  const record = await findRun(store, wanted);
  const path = await localReport(record, store, context);
  const opened = await openFile(path, context.env);
  const url = pathToFileURL(path).href;
  context.out.result('open', { run: record.id, path, url, opened });
  if (opened) {
    context.out.line(`report of run ${record.id} opened: ${shorter(path, context.cwd)}`);
  } else {
    context.out.line(path);
    context.out.line(url);
  }
}

/** A report that a finished run makes by itself. Whatever goes wrong with it, the run itself is done. */
export async function reportFinished(record: RunRecord, store: Store, context: Context): Promise<void> {
  try {
    await buildReport(record, store, reportPlace(context));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    context.emit({ event: 'warning', message: `the report could not be made: ${why}` });
  }
}

/** Path of a run's report on this machine. That of a finished run is taken as it is: some results may be gone since. */
async function localReport(record: RunRecord, store: Store, context: Context): Promise<string> {
  const kept = record.status === 'running' ? null : await store.getRun(record.id, REPORT_FILE);
  const page = kept ?? (await buildReport(record, store, reportPlace(context)));
  const path = store.runPath(record.id, REPORT_FILE);
  if (existsSync(path)) return resolve(path);
  // A store elsewhere: the browser needs a file.
  const copy = join(await mkdtemp(join(tmpdir(), 'nlpflow-report-')), `${record.id}.html`);
  await writeWhole(copy, page);
  return copy;
}

function reportPlace(context: Context): ReportPlace {
  const metrics = registry().metrics.filter(({ direction }) => direction === 'maximize');
  return { maximized: new Set(metrics.map(({ name }) => name)), storeFlag: storeFlag(context) };
}
