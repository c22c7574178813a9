import { stringify } from 'yaml';
import { findRun, listRuns } from '../runs/index.ts';
import type { RunRecord } from '../runs/manifest.ts';
import type { Store } from '../store/store.ts';
import { age, bytes, type Column, duration, metric } from '../ui/format.ts';
import { reportRun } from '../ui/report.ts';
import type { Context } from './command.ts';
import { reportPlaces } from './flow.ts';

/** Prints the runs of a store, newest first. */
export async function listRunsOf(store: Store, context: Context): Promise<void> {
  const { out } = context;
  const records = await listRuns(store);
  out.result(
    'runs',
    records.map(({ id, name, status, created, best, plan, seconds }) => ({
      id,
      name,
      status,
      created,
      best: best ?? null,
      configurations: plan.configurations,
      seconds,
    })),
  );
  if (records.length === 0) {
    out.line(`no runs in ${context.storeName}; nlpflow run CONFIG makes one`);
    return;
  }
  const now = new Date();
  const columns: Column[] = [
    { title: 'run' },
    { title: 'name' },
    { title: 'status' },
    { title: 'age' },
    { title: 'best', right: true },
    { title: 'configurations', right: true },
  ];
  out.table(
    columns,
    records.map((record) => [
      record.id,
      record.name,
      record.status,
      age(new Date(record.created), now),
      record.best ? `${record.best.metric} ${metric(record.best.mean)}` : '-',
      String(record.plan.configurations),
    ]),
  );
}

/** Prints what is known about a run: its configuration, and its report. */
export async function showRun(wanted: string, store: Store, context: Context): Promise<void> {
  const { out } = context;
  const record = await findRun(store, wanted);
  if (out.json) {
    out.result('run', record);
    return;
  }
  for (const [label, text] of facts(record)) {
    out.line(`${label.padEnd(8)} ${text}`);
  }
  out.line();
  for (const line of stringify(record.config, { flowCollectionPadding: false, lineWidth: 100 }).trimEnd().split('\n')) {
    out.line(`  ${line}`);
  }
  reportRun(record, reportPlaces(record.id, store, context), out);
}

function facts(record: RunRecord): [string, string][] {
  const versions = Object.entries(record.versions).map(([name, version]) => `${name} ${version}`);
  return [
    ['name', record.name],
    ['status', `${record.status} after ${duration(record.seconds)}`],
    ['created', record.created],
    ['config', record.config_path ?? 'given on the command line'],
    ['data', `${record.config.data.source}, ${bytes(record.data.bytes)}, sha256 ${record.data.digest.slice(0, 16)}…`],
    ['versions', versions.join(', ')],
  ];
}
