import { count, metric } from '../../ui/format.ts';
import type { Curve } from '../data.ts';
import { COLORS, type Figure } from '../figure.ts';
import { html } from '../html.ts';
import { colorKey, settings } from '../layout.ts';
import type { Section } from '../section.ts';
import { reach } from './reach.ts';

/** Colour and dashes together, so that lines differ without colours, too. */
const DASHES = ['none', '7 3', '2 3', '9 3 2 3', '4 2', '12 4'];

/** The deciding metric over boosting rounds. */
export const curves: Section = {
  id: 'curves',
  title: 'Metric over rounds',
  render: ({ curves: found, record }) => {
    if (!found || found.curves.length === 0) return undefined;
    const shown = found.curves;
    const name = record.config.tune.metric;
    if (shown.every(({ points }) => points.length < 2)) {
      const points = shown.flatMap((curve) =>
        curve.points.map(({ trees, mean }) => `${curve.booster} ${metric(mean)} with ${count(trees)} trees`),
      );
      return [html`<p>Only one number of trees was looked at: ${points.join(', ')}.</p>`];
    }
    const which =
      found.of > shown.length ? `The best ${count(shown.length)} of ${count(found.of)} boosters` : 'All boosters';
    return [
      html`<p>${which}: mean ${name} over the folds after some rounds; the band is one standard error of the best booster. One more round is one
        more tree.</p>`,
      figure(shown, name),
    ];
  },
};

function figure(shown: readonly Curve[], name: string): Figure {
  const domain = shown.map(({ booster }) => booster);
  const points = shown.flatMap(({ booster, points: own }) => own.map(({ trees, mean }) => ({ booster, trees, mean })));
  const band = (shown[0]?.points ?? []).flatMap(({ trees, mean, std_err }) =>
    std_err === null ? [] : [{ trees, low: mean - std_err, high: mean + std_err }],
  );
  const x = {
    field: 'trees',
    type: 'quantitative',
    title: 'trees',
    scale: { zero: false, nice: false },
    axis: { tickCount: 6, grid: false },
  };
  const scale = reach([...band, ...points.map(({ mean }) => ({ low: mean, high: mean }))]);
  const y = { type: 'quantitative', title: name, scale, axis: { tickCount: 6 } };
  const encoding = {
    x,
    y: { ...y, field: 'mean' },
    color: {
      field: 'booster',
      type: 'nominal',
      legend: null,
      scale: { domain, range: COLORS.slice(0, domain.length) },
    },
  };
  const dash = {
    field: 'booster',
    type: 'nominal',
    legend: null,
    scale: { domain, range: DASHES.map(dashes).slice(0, domain.length) },
  };
  const few = points.length <= 30 * Math.max(1, domain.length) && (shown[0]?.points.length ?? 0) <= 12;
  return {
    title: `${name} over rounds`,
    description: `${name} by number of trees: ${shown.map(({ booster, points: own }) => `${booster} from ${metric(own[0]?.mean)} to ${metric(own.at(-1)?.mean)}`).join(', ')}.`,
    key: colorKey(
      shown.map(({ booster, values }, index) => ({
        color: COLORS[index] ?? COLORS[0],
        dash: DASHES[index] ?? 'none',
        words: html`<b>${booster}</b> ${settings(values)}`,
      })),
    ),
    wide: true,
    height: 280,
    spec: {
      layer: [
        {
          data: { values: band },
          mark: { type: 'area', color: COLORS[0], opacity: 0.14 },
          encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' } },
        },
        {
          data: { values: points },
          mark: { type: 'line', strokeWidth: 2 },
          encoding: { ...encoding, strokeDash: dash },
        },
        ...(few
          ? [{ data: { values: points }, mark: { type: 'point', filled: true, size: 28, opacity: 1 }, encoding }]
          : []),
      ],
    },
  };
}

function dashes(text: string): number[] {
  return text === 'none' ? [] : text.split(' ').map(Number);
}
