import { summarise } from '../../flow/summary.ts';
import type { ResultRow } from '../../runs/manifest.ts';
import { count, metric, plural } from '../../ui/format.ts';
import type { ReportData } from '../data.ts';
import { ACCENT, type Figure, QUIET, SECOND } from '../figure.ts';
import { type Html, html } from '../html.ts';
import { folded, table } from '../layout.ts';
import type { Section } from '../section.ts';
import { reach } from './reach.ts';

/** Configurations that are shown at once; the others are folded away. */
const SHOWN = 20;
/** Configurations of which a plot can show each with its standard error. */
const WITH_ERRORS = 40;

/** All configurations, the best first, and what each parameter does on average. */
export const grid: Section = {
  id: 'grid',
  title: 'Configurations',
  render: (data) => {
    const rows = ranked(data);
    if (rows.length === 0) return undefined;
    const name = data.record.config.tune.metric;
    const tables = configurations(data, rows);
    const parameters = Object.entries(data.record.config.tune.grid).filter(([, values]) => values.length > 1);
    if (rows.length === 1 || parameters.length === 0) {
      return [html`<p>A single configuration: there was no grid to choose from.</p>`, ...tables];
    }
    return [
      ...tables,
      html`<h3>Each parameter by itself</h3><p>The mean ${name} of all configurations with a value (large dot, with its standard error
        over these configurations) and the configurations themselves (small dots${rows.length <= WITH_ERRORS ? ', with their standard errors over the folds' : ''});
        the selected one is a diamond.</p>`,
      ...parameters.map(([parameter]) => marginal(parameter, rows, data)),
    ];
  },
};

/** The rows of the deciding metric, the best first, then those that are not complete. */
function ranked({ record, maximized }: ReportData): ResultRow[] {
  const name = record.config.tune.metric;
  const sign = maximized.has(name) ? -1 : 1;
  const order = ({ complete, mean }: ResultRow) => (complete && mean !== null ? sign * mean : Number.POSITIVE_INFINITY);
  const compare = (a: number, b: number) => (a === b ? 0 : a < b ? -1 : 1);
  return (record.results ?? []).filter(({ metric: of }) => of === name).toSorted((a, b) => compare(order(a), order(b)));
}

function configurations({ record }: ReportData, rows: readonly ResultRow[]): Html[] {
  const names = Object.keys(rows[0]?.values ?? {});
  const { metric: deciding } = record.config.tune;
  const columns = [
    { title: 'configuration' },
    ...names.map((title) => ({ title, right: true })),
    { title: deciding, right: true },
    { title: 'std_err', right: true },
    { title: 'folds', right: true },
  ];
  const lines = rows.map((row) => ({
    cells: [
      html`${row.configuration}${row.configuration === record.best?.id ? html` <b>selected</b>` : ''}${row.complete ? '' : html` <b class="bad">incomplete</b>`}`,
      ...names.map((one) => String(row.values[one] ?? '')),
      metric(row.mean),
      row.std_err === null ? '-' : `±\u00a0${metric(row.std_err)}`,
      `${row.n} of ${record.plan.folds}`,
    ],
    marked: row.configuration === record.best?.id,
  }));
  const caption = `${plural(rows.length, 'configuration')} by ${deciding} over ${plural(record.plan.folds, 'fold')}, best first`;
  const others = lines.slice(SHOWN);
  return [
    table(caption, columns, lines.slice(0, SHOWN)),
    ...(others.length > 0
      ? [
          folded(
            `The other ${count(others.length)}`,
            table(`Configurations from place ${SHOWN + 1} on`, columns, others),
          ),
        ]
      : []),
  ];
}

function marginal(parameter: string, rows: readonly ResultRow[], { record }: ReportData): Figure {
  const name = record.config.tune.metric;
  const values = (record.config.tune.grid[parameter] ?? []).map(String);
  const known = rows.filter((row) => row.mean !== null && row.complete);
  const points = known.map(({ configuration, values: own, mean, std_err }) => ({
    x: String(own[parameter]),
    y: mean as number,
    low: (mean as number) - (std_err ?? 0),
    high: (mean as number) + (std_err ?? 0),
    selected: configuration === record.best?.id,
  }));
  const means = values.flatMap((x) => {
    const { mean, std_err } = summarise(points.filter((point) => point.x === x).map(({ y }) => y));
    return mean === null ? [] : [{ x, y: mean, low: mean - (std_err ?? 0), high: mean + (std_err ?? 0) }];
  });
  const long = values.length > 7 || values.some((value) => value.length > 9);
  const x = {
    field: 'x',
    type: 'nominal',
    title: parameter,
    scale: { domain: values },
    axis: { labelAngle: long ? -40 : 0, labelLimit: 120, labelOverlap: true },
  };
  const y = { field: 'y', type: 'quantitative', title: name, scale: reach(points), axis: { tickCount: 6 } };
  const errors = {
    data: { values: points },
    mark: { type: 'rule', color: QUIET, opacity: 0.25 },
    encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' } },
  };
  return {
    title: parameter,
    description: `Mean ${name} by ${parameter}: ${means.map((one) => `${one.x}: ${metric(one.y)}`).join(', ')}.`,
    spec: {
      layer: [
        ...(points.length <= WITH_ERRORS ? [errors] : []),
        {
          data: { values: points },
          mark: { type: 'point', filled: true, color: QUIET, size: 22, opacity: 0.55 },
          encoding: { x, y },
        },
        {
          data: { values: points.filter(({ selected }) => selected) },
          mark: { type: 'point', filled: true, shape: 'diamond', color: SECOND, size: 100, opacity: 1 },
          encoding: { x, y },
        },
        {
          data: { values: means },
          mark: { type: 'rule', color: ACCENT, strokeWidth: 2.5, xOffset: 9 },
          encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' } },
        },
        {
          data: { values: means },
          mark: { type: 'point', filled: true, color: ACCENT, size: 80, opacity: 1, xOffset: 9 },
          encoding: { x, y },
        },
      ],
    },
  };
}
