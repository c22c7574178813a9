import { count, metric, plural } from '../../ui/format.ts';
import type { PredictionSummary } from '../data.ts';
import { ACCENT, type Figure, INK } from '../figure.ts';
import type { Section } from '../section.ts';
import { reach } from './reach.ts';

/** Predicted against observed on the test rows. */
export const predictions: Section = {
  id: 'predictions',
  title: 'Predicted and observed',
  render: ({ predictions: found }) => (found && found.test > 0 ? [density(found), calibration(found)] : undefined),
};

function density({ density: { from, width, size, cells, outside }, test }: PredictionSummary): Figure {
  const to = from + width * size;
  const most = Math.max(...cells.map(({ n }) => n), 1);
  const axis = { grid: false, tickCount: 6 };
  const scale = { domain: [from, to], nice: false, zero: false };
  return {
    title: 'Test rows by predicted and observed',
    description: `Density of ${count(test)} test rows by predicted and observed outcome between ${metric(from)} and ${metric(to)}, with the line on which both are equal.`,
    caption: `The stronger the colour, the more rows (up to ${count(most)} in a square, by their square root); on the line both are equal. ${outside > 0 ? `${plural(outside, 'row')} outside of the range ${outside === 1 ? 'is' : 'are'} not shown.` : ''}`,
    height: 340,
    spec: {
      layer: [
        {
          data: { values: cells.map(({ x, y, n }) => ({ x, y, n, x2: x + width, y2: y + width })) },
          mark: { type: 'rect', color: ACCENT, stroke: null },
          encoding: {
            x: { field: 'x', type: 'quantitative', title: 'predicted', scale, axis },
            x2: { field: 'x2' },
            y: { field: 'y', type: 'quantitative', title: 'observed', scale, axis },
            y2: { field: 'y2' },
            opacity: {
              field: 'n',
              type: 'quantitative',
              legend: null,
              scale: { type: 'sqrt', domain: [0, most], range: [0.08, 1] },
            },
          },
        },
        {
          data: { values: [{ x: from, y: from, x2: to, y2: to }] },
          mark: { type: 'rule', color: INK, strokeDash: [5, 4], opacity: 0.8 },
          encoding: {
            x: { field: 'x', type: 'quantitative', scale },
            y: { field: 'y', type: 'quantitative', scale },
            x2: { field: 'x2' },
            y2: { field: 'y2' },
          },
        },
      ],
    },
  };
}

function calibration({ deciles }: PredictionSummary): Figure {
  const ends = deciles.flatMap(({ predicted, observed }) => [predicted, observed]);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const points = deciles.map(({ predicted, observed, std_err, n }) => ({
    x: predicted,
    y: observed,
    low: observed - (std_err ?? 0),
    high: observed + (std_err ?? 0),
    n,
  }));
  const x = {
    field: 'x',
    type: 'quantitative',
    title: 'mean predicted',
    scale: { zero: false },
    axis: { tickCount: 6 },
  };
  const y = {
    type: 'quantitative',
    title: 'mean observed',
    scale: reach([...points, { low, high }]),
    axis: { tickCount: 6 },
  };
  return {
    title: 'Means in tenths of the test rows',
    description: `Mean observed by mean predicted outcome in ${plural(points.length, 'group')} of test rows ordered by prediction: ${points.map((point) => `${metric(point.x)}: ${metric(point.y)}`).join(', ')}.`,
    caption:
      'Test rows in ten groups by their prediction, with standard errors. On the line the mean is predicted rightly.',
    height: 340,
    spec: {
      layer: [
        {
          data: { values: [{ x: low, y: low, x2: high, y2: high }] },
          mark: { type: 'rule', color: INK, strokeDash: [5, 4], opacity: 0.8 },
          encoding: { x, y: { ...y, field: 'y' }, x2: { field: 'x2' }, y2: { field: 'y2' } },
        },
        {
          data: { values: points },
          mark: { type: 'rule', strokeWidth: 2 },
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
