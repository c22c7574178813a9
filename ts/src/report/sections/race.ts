import { boostTaskId } from '../../flow/tasks.ts';
import type { ResultRow } from '../../runs/manifest.ts';
import { count, plural } from '../../ui/format.ts';
import type { ReportData } from '../data.ts';
import { html } from '../html.ts';
import { folded, table } from '../layout.ts';
import type { Section } from '../section.ts';

/** Configurations that a race gave up before the last fold. Those that stopped because a task failed did not race. */
export const race: Section = {
  id: 'race',
  title: 'Race',
  render: (data) => {
    const stopped = stoppedEarly(data);
    if (stopped.length === 0) return undefined;
    const { folds, configurations } = data.record.plan;
    const rows = Array.from({ length: folds }, (_, index) => index + 1).map((fold) => {
      const left = stopped.filter(({ n }) => n === fold);
      return {
        cells: [count(fold), count(left.length), count(configurations - stopped.filter(({ n }) => n <= fold).length)],
      };
    });
    const columns = [
      { title: 'after fold', right: true },
      { title: 'given up', right: true },
      { title: 'still in the race', right: true },
    ];
    return [
      html`<p>${plural(stopped.length, 'configuration')} of ${count(configurations)} ${stopped.length === 1 ? 'was' : 'were'} given up before the last fold.</p>`,
      table('The race, fold by fold', columns, rows),
      folded(
        'Which were given up',
        html`<p>${stopped.map(({ configuration, n }) => `${configuration} after ${plural(n, 'fold')}`).join(', ')}</p>`,
      ),
    ];
  },
};

function stoppedEarly({ record, plan }: ReportData): ResultRow[] {
  if (!plan) return [];
  const failed = new Set(record.failures.map(({ task }) => task));
  const anyRecipeFailed = [...failed].some((task) => task.startsWith('features/'));
  const boosters = new Map(plan.configurations.map(({ id, booster }) => [id, booster]));
  return (record.results ?? []).filter(({ metric, complete, n, configuration }) => {
    if (metric !== record.config.tune.metric || complete || n >= record.plan.folds || anyRecipeFailed) return false;
    const booster = boosters.get(configuration) ?? '';
    return !Array.from({ length: record.plan.folds }, (_, index) => boostTaskId(booster, index + 1)).some((task) =>
      failed.has(task),
    );
  });
}
