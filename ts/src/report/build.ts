/** Makes the report of a run and keeps it beside the run's other files. */

import type { RunRecord } from '../runs/manifest.ts';
import type { Store } from '../store/store.ts';
import { drawSvg } from './figure.ts';
import { gatherReport, type ReportPlace } from './gather.ts';
import { reportPage } from './page.ts';

/** The report among the files of a run. */
export const REPORT_FILE = 'report.html';

/** Builds a run's report, writes it into the store and returns its text. */
export async function buildReport(record: RunRecord, store: Store, place: ReportPlace): Promise<string> {
  const page = await reportPage(await gatherReport(record, store, place), drawSvg);
  await store.putRun(record.id, REPORT_FILE, page);
  return page;
}
