import { stringify } from 'yaml';
import { inDollars } from '../cost/dollars.ts';
import { diffRuns, type RunDifference } from '../runs/diff.ts';
import type { RunEntry } from '../runs/entries.ts';
import { findRun, listRuns } from '../runs/index.ts';
import { readLabels } from '../runs/labels.ts';
import type { RunRecord } from '../runs/manifest.ts';
import type { Presence } from '../runs/presence.ts';
import type { Store } from '../store/store.ts';
import { bytes, clip, duration, metric } from '../ui/format.ts';
import { reportRun } from '../ui/report.ts';
import { shellWord } from '../ui/shell.ts';
import { forecastWords, hoursInWords } from '../ui/words.ts';
import type { Context } from './command.ts';
import { reportPlaces } from './flow.ts';

/** Cells of a value in a table of differences; `--json` has all of it. */
const VALUE_WIDTH = 36;

/** Prints what is known about a run: its configuration, and its report. */
export async function showRun(wanted: string, store: Store, context: Context): Promise<void> {
  const { out } = context;
  const record = await findRun(store, wanted);
  const { tags, note } = await readLabels(store, record.id);
  if (out.json) {
    out.result('run', { ...record, tags, ...(note === undefined ? {} : { note }) });
    return;
  }
  const labels: [string, string][] = [
    ...(tags.length > 0 ? [['tags', tags.join(' ')] as [string, string]] : []),
    ...(note === undefined ? [] : [['note', note] as [string, string]]),
  ];
  const [name, ...others] = facts(record);
  for (const [label, text] of [...(name ? [name] : []), ...labels, ...others]) {
    out.line(`${label.padEnd(8)} ${text}`);
  }
  out.line();
  for (const line of stringify(record.config, { flowCollectionPadding: false, lineWidth: 100 }).trimEnd().split('\n')) {
    out.line(`  ${line}`);
  }
  reportRun(record, reportPlaces(record.id, store, context), out);
}

/** Prints in what two runs differ. */
export async function showDifference(wanted: readonly [string, string], store: Store, context: Context): Promise<void> {
  const { out } = context;
  let listed: Promise<RunEntry[]> | undefined;
  const list = (): Promise<RunEntry[]> => {
    listed ??= listRuns(store);
    return listed;
  };
  const [a, b] = await Promise.all([findRun(store, wanted[0], list), findRun(store, wanted[1], list)]);
  const found = diffRuns(a, b);
  out.result('diff', { a: a.id, b: b.id, differences: found });
  if (found.length === 0) {
    out.line(`${a.id} and ${b.id} are equal in data, configuration, versions, keys and metrics`);
    return;
  }
  const cells = ({ section, field, a: left, b: right }: RunDifference, index: number): string[] => [
    found[index - 1]?.section === section ? '' : section,
    field,
    value(left),
    value(right),
  ];
  out.table([{ title: '' }, { title: 'field' }, { title: a.id }, { title: b.id }], found.map(cells));
}

function value(of: unknown): string {
  if (of === null) return '-';
  if (typeof of === 'number') return Number.isInteger(of) ? String(of) : metric(of);
  return clip(typeof of === 'string' ? of : JSON.stringify(of), VALUE_WIDTH);
}

function facts(record: RunRecord & Presence): [string, string][] {
  const versions = Object.entries(record.versions).map(([name, version]) => `${name} ${version}`);
  const { git } = record.lineage ?? {};
  const rows: [string, string | undefined][] = [
    ['name', record.name],
    ['status', `${record.status} after ${duration(record.seconds)}`],
    ['error', record.error?.message],
    ['unsure', record.unconfirmed],
    ['created', record.created],
    ['command', commandOf(record)],
    ['config', record.config_path ?? 'given on the command line'],
    [
      'git',
      git
        ? `${git.commit.slice(0, 12)}${git.branch ? ` (${git.branch})` : ''}${git.dirty ? ', with changes' : ''}`
        : undefined,
    ],
    ['data', `${record.config.data.source}, ${bytes(record.data.bytes)}, sha256 ${record.data.digest.slice(0, 16)}…`],
    ['versions', versions.join(', ')],
    ['machine', machine(record)],
    ['foretold', foretold(record)],
    ['used', used(record)],
    ['forecast', record.forecast ? `${forecastWords(record.forecast)}, by ${record.forecast.basis}` : undefined],
    ['prices', record.forecast?.prices ?? undefined],
    ['cost', costOf(record)],
    ['limit', limitOf(record)],
  ];
  return rows.filter((row): row is [string, string] => row[1] !== undefined);
}

/** The command line of a run as it was typed; undefined where it is not known. */
export function commandOf({ lineage }: RunRecord): string | undefined {
  if (!lineage || lineage.argv.length === 0) return undefined;
  return ['nlpflow', ...lineage.argv.map(shellWord)].join(' ');
}

function machine({ process: { host, platform, cpus, memory } }: RunRecord): string {
  return [
    host,
    platform,
    cpus === undefined ? undefined : `${cpus} cores`,
    memory === undefined ? undefined : bytes(memory),
  ]
    .filter((part) => part !== undefined)
    .join(', ');
}

/** What was said before the boosters started, beside `used`. */
function foretold({ estimate }: RunRecord): string | undefined {
  if (!estimate) return undefined;
  const time = estimate.seconds === undefined ? 'no time' : duration(estimate.seconds);
  return `boosters ${time} (${estimate.basis ?? 'not calibrated'}), ${bytes(estimate.memory)} a booster`;
}

/** What the run took in all, beside `forecast`. */
function costOf({ usage, seconds }: RunRecord): string | undefined {
  if (usage?.vcpu_hours === undefined) return undefined;
  const money = typeof usage.dollars === 'number' ? `, ${inDollars(usage.dollars)}` : '';
  return `${duration(seconds)}, ${hoursInWords(usage.vcpu_hours)} vCPU-hours${money}`;
}

function limitOf({ limit }: RunRecord): string | undefined {
  if (!limit) return undefined;
  const left = limit.reached ? `reached; left out: ${limit.left_out.join(', ')}` : 'not reached';
  return `--max-cost ${inDollars(limit.dollars)}, ${left}`;
}

function used({ usage }: RunRecord): string | undefined {
  if (!usage || usage.seconds === 0) return undefined;
  const peak = usage.peak_memory === null ? '' : `, ${bytes(usage.peak_memory)} a worker at most`;
  return `boosters ${duration(usage.seconds)}${peak}; ${duration(usage.cpu_seconds)} of processor time in all`;
}
