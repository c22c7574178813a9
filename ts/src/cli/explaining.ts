import { findRun } from '../runs/index.ts';
import { type Rerun, whyRerun } from '../runs/rerun.ts';
import type { Cause, StageReason } from '../runs/why.ts';
import type { Store } from '../store/store.ts';
import { clip, count, plural } from '../ui/format.ts';
import type { Context } from './command.ts';

const VALUE_WIDTH = 40;

/** Prints which fields of the keys made a run compute again. */
export async function explainRun(wanted: string, store: Store, { out }: Context): Promise<void> {
  const found = await whyRerun(await findRun(store, wanted), store);
  out.result('why-rerun', found);
  if (found.computed === 0) {
    out.line(`run ${found.run} computed nothing: ${plural(found.reused, 'task')} reused`);
    return;
  }
  out.line(
    `run ${found.run} computed ${plural(found.computed, 'task')} and reused ${count(found.reused)}; compared with ${plural(found.compared, 'earlier run')}`,
  );
  if (found.causes.length > 0) {
    out.line();
    out.table(
      [{ title: 'field' }, { title: 'of' }, { title: 'before' }, { title: 'now' }],
      found.causes.map(({ stage, field, before, after }) => [field, stage, value(before), value(after)]),
    );
  }
  out.line();
  out.table(
    [{ title: 'stage' }, { title: 'tasks', right: true }, { title: 'because of' }, { title: 'nearest run' }],
    found.stages.map((reason) => [
      reason.stage,
      count(reason.tasks.length),
      because(reason, found),
      reason.nearest ?? '-',
    ]),
  );
}

function because({ causes, note }: StageReason, { causes: roots }: Rerun): string {
  if (note !== undefined) return note;
  const names = causes.map((cause) => named(cause, roots));
  return [...new Set(names)].join(', ');
}

/** The name under which a cause stands in the table of fields. */
function named({ stage, field, before, after }: Cause, roots: readonly Cause[]): string {
  const plain = (path: string): string => path.replaceAll(/\[\d+\]/g, '');
  const identity = (cause: Pick<Cause, 'field' | 'before' | 'after'>): string =>
    JSON.stringify([plain(cause.field), cause.before, cause.after]);
  const root = roots.find((one) => identity(one) === identity({ field, before, after }));
  return `${root?.stage ?? stage} ${root?.field ?? field}`;
}

/** Settings that equal their default are not part of a key. */
function value(of: unknown): string {
  if (of === undefined) return 'default';
  return clip(typeof of === 'string' ? of : JSON.stringify(of), VALUE_WIDTH);
}
