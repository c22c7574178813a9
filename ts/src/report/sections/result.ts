import { baselineWords } from '../../runs/baseline.ts';
import { metric } from '../../ui/format.ts';
import { html } from '../html.ts';
import { table } from '../layout.ts';
import type { Section } from '../section.ts';

/** Is the model any good? The verdict, and each metric beside the same metric of the best constant. */
export const result: Section = {
  id: 'result',
  title: 'Result',
  render: ({ record, maximized }) => {
    const { cv, cv_baseline, train, test, test_baseline } = record.metrics ?? {};
    const columns = [
      { title: 'metric' },
      ...(cv ? [{ title: 'cross-validation' }, { title: 'baseline in cross-validation' }] : []),
      ...(test ? [{ title: 'test set' }, { title: 'baseline on the test set' }, { title: 'training set' }] : []),
    ].map((column, index) => ({ ...column, right: index > 0 }));
    const plusMinus = (error: number | null | undefined) =>
      typeof error === 'number' ? html` <span class="quiet">±\u00a0${metric(error)}</span>` : '';
    const rows = record.config.tune.metrics.map((name) => ({
      cells: [
        html`${name} <span class="quiet">${maximized.has(name) ? '(more is better)' : '(less is better)'}</span>`,
        ...(cv
          ? [html`${metric(cv[name]?.mean)}${plusMinus(cv[name]?.std_err)}`, metric(cv_baseline?.[name]?.mean)]
          : []),
        ...(test ? [metric(test[name]), metric(test_baseline?.[name]), metric(train?.[name])] : []),
      ],
      marked: name === record.config.tune.metric,
    }));
    if (columns.length === 1) {
      return record.verdict === undefined ? undefined : [html`<p class="verdict">${sentence(record.verdict)}</p>`];
    }
    return [
      record.verdict === undefined ? html`` : html`<p class="verdict">${sentence(record.verdict)}</p>`,
      table('The best configuration beside the baseline', columns, rows),
      html`<p class="quiet">The baseline: ${baselineWords(record)}. ${
        cv ? '± is the standard error over the folds. ' : ''
      }A metric that is not defined, such as the correlation of a constant, has a dash.</p>`,
    ];
  },
};

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}
