import { count, metric, plural } from '../../ui/format.ts';
import type { Decile, PredictionSummary } from '../data.ts';
import { ACCENT, type Figure, INK } from '../figure.ts';
import { folded, table } from '../layout.ts';
import type { Section } from '../section.ts';
import { histogramSpec, outsideWords } from './histogram.ts';
import { reach } from './reach.ts';

/** Observed minus predicted on the test rows: how they are spread, and whether they depend on the prediction. */
export const residuals: Section = {
  id: 'residuals',
  title: 'Residuals',
  render: ({ predictions }) =>
    predictions && predictions.test > 0
      ? [
          histogram(predictions),
          byDecile(predictions.deciles),
          folded('The tenths as numbers', numbers(predictions.deciles)),
        ]
      : undefined,
};

function histogram({ residuals: found, test }: PredictionSummary): Figure {
  return {
    title: 'Residuals of the test rows',
    description: `Histogram of observed minus predicted in ${count(test)} test rows.`,
    caption: `Observed minus predicted: right of 0 the model predicts too little. ${outsideWords(found)}`,
    spec: {
      layer: [
        histogramSpec(found, 'observed − predicted'),
        {
          data: { values: [{ zero: 0 }] },
          mark: { type: 'rule', color: INK, strokeDash: [5, 4] },
          encoding: { x: { field: 'zero', type: 'quantitative' } },
        },
      ],
    },
  };
}

function byDecile(deciles: readonly Decile[]): Figure {
  const points = deciles.map(({ residual, std_err }, index) => ({
    x: index + 1,
    y: residual,
    low: residual - 1.96 * (std_err ?? 0),
    high: residual + 1.96 * (std_err ?? 0),
  }));
  const x = {
    field: 'x',
    type: 'ordinal',
    title: 'tenth of the predictions',
    axis: { labelAngle: 0 },
  };
  const scale = reach([...points, { low: 0, high: 0 }]);
  const y = { type: 'quantitative', title: 'mean residual', scale, axis: { tickCount: 6 } };
  return {
    title: 'Mean residual by tenth of prediction',
    description: `Mean of observed minus predicted in ${plural(points.length, 'group')} of test rows ordered by prediction: ${points.map((point) => metric(point.y)).join(', ')}.`,
    caption: 'With 95 % intervals. An interval away from 0 means predictions that are wrong on average in that tenth.',
    spec: {
      layer: [
        {
          data: { values: [{ zero: 0 }] },
          mark: { type: 'rule', color: INK, strokeDash: [5, 4] },
          encoding: { y: { field: 'zero', type: 'quantitative' } },
        },
        {
          data: { values: points },
          mark: { type: 'rule', strokeWidth: 2, color: ACCENT },
          encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' } },
        },
        {
          data: { values: points },
          mark: { type: 'point', filled: true, size: 60, opacity: 1 },
          encoding: { x, y: { ...y, field: 'y' } },
        },
      ],
    },
  };
}

function numbers(deciles: readonly Decile[]) {
  const columns = [
    'tenth',
    'predictions',
    'rows',
    'mean predicted',
    'mean observed',
    'mean residual',
    'std_err',
    'rmse',
  ];
  return table(
    'Test rows in ten groups by their prediction',
    columns.map((title) => ({ title, right: true })),
    deciles.map((one, index) => ({
      cells: [
        String(index + 1),
        `${metric(one.from)} to ${metric(one.to)}`,
        count(one.n),
        metric(one.predicted),
        metric(one.observed),
        metric(one.residual),
        metric(one.std_err),
        metric(one.rmse),
      ],
    })),
  );
}
