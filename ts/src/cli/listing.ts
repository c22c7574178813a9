import { NlpflowError } from '../errors.ts';
import { registry } from '../native/registry.ts';
import type { RunEntry } from '../runs/entries.ts';
import { listRuns } from '../runs/index.ts';
import type { Presence } from '../runs/presence.ts';
import type { Store } from '../store/store.ts';
import { age, type Column, clip, count, metric, plural } from '../ui/format.ts';
import type { Context } from './command.ts';
import { parseMoment } from './moments.ts';

/** Cells that a note gets in the table; `--json` has all of it. */
const NOTE_WIDTH = 40;

/** Runs that a person sees unless asked otherwise. */
const SHOWN = 50;

/** What `runs list` was asked for. */
export interface ListArguments {
  readonly status: string | undefined;
  readonly tag: readonly string[];
  readonly name: string | undefined;
  readonly since: string | undefined;
  readonly sort: string;
  readonly limit: number | undefined;
}

/** Prints the runs of a store. */
export async function listRunsOf(args: ListArguments, store: Store, context: Context): Promise<void> {
  const { out } = context;
  // A program gets all of them, a person what fits on a screen or two.
  const limit = args.limit ?? (out.json ? 0 : SHOWN);
  if (!Number.isInteger(limit) || limit < 0) {
    throw new NlpflowError('USAGE', `--limit must be a whole number, or 0 for all, not ${limit}`);
  }
  const all = await listRuns(store);
  const wanted = sorted(all.filter(filter(args)), args.sort);
  const shown = limit === 0 ? wanted : wanted.slice(0, limit);
  out.result(
    'runs',
    shown.map((entry) => ({ ...entry, best: entry.best ?? null })),
  );
  if (shown.length === 0) {
    const why = all.length > 0 ? `none of ${plural(all.length, 'run')} is like that` : 'nlpflow run CONFIG makes one';
    out.line(`no runs in ${context.storeName}; ${why}`);
    return;
  }
  out.table(...tableOf(shown, new Date()));
  for (const { id, unconfirmed } of shown) {
    if (unconfirmed !== undefined) out.line(`? run ${id} may be over: ${unconfirmed}`);
  }
  if (wanted.length > shown.length) out.line(`and ${count(wanted.length - shown.length)} more; --limit 0 shows all`);
}

function filter({ status, tag, name, since }: ListArguments): (entry: RunEntry) => boolean {
  const from = since === undefined ? Number.NEGATIVE_INFINITY : parseMoment(since, '--since', Date.now());
  return (entry) =>
    (status === undefined || entry.status === status) &&
    tag.every((one) => entry.tags.includes(one)) &&
    (name === undefined || entry.name.includes(name)) &&
    Date.parse(entry.created) >= from;
}

/** Newest first comes as it is; values of different metrics cannot be compared, so each metric is a block. */
function sorted<Entry extends RunEntry>(entries: readonly Entry[], by: string): Entry[] {
  switch (by) {
    case 'best': {
      const better = new Map(registry().metrics.map(({ name, direction }) => [name, direction]));
      const value = ({ best }: RunEntry): number => {
        const mean = best?.mean ?? null;
        if (mean === null) return Number.POSITIVE_INFINITY;
        return better.get(best?.metric ?? '') === 'maximize' ? -mean : mean;
      };
      return entries.toSorted(
        (a, b) => compare(a.best?.metric ?? '\uffff', b.best?.metric ?? '\uffff') || compare(value(a), value(b)),
      );
    }
    case 'name':
      return entries.toSorted((a, b) => compare(a.name, b.name));
    case 'seconds':
      return entries.toSorted((a, b) => b.seconds - a.seconds);
    default:
      return [...entries];
  }
}

function compare<Value extends string | number>(a: Value, b: Value): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Tags and notes have a column only when there are some. */
function tableOf(entries: readonly (RunEntry & Presence)[], now: Date): [Column[], string[][]] {
  const columns: [Column, (entry: RunEntry & Presence) => string][] = [
    [{ title: 'run' }, ({ id }) => id],
    [{ title: 'name' }, ({ name }) => name],
    [{ title: 'status' }, ({ status, unconfirmed }) => (unconfirmed === undefined ? status : `${status}?`)],
    [{ title: 'age' }, ({ created }) => age(new Date(created), now)],
    [{ title: 'best', right: true }, ({ best }) => (best ? `${best.metric} ${metric(best.mean)}` : '-')],
    [{ title: 'configurations', right: true }, ({ configurations }) => count(configurations)],
  ];
  if (entries.some(({ tags }) => tags.length > 0)) columns.push([{ title: 'tags' }, ({ tags }) => tags.join(' ')]);
  if (entries.some(({ note }) => note !== undefined)) {
    columns.push([{ title: 'note' }, ({ note = '' }) => clip(note.replaceAll(/\s+/g, ' '), NOTE_WIDTH)]);
  }
  return [columns.map(([column]) => column), entries.map((entry) => columns.map(([, cell]) => cell(entry)))];
}
