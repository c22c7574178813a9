import { inDollars } from '../../cost/dollars.ts';
import type { Range } from '../../cost/range.ts';
import { STAGES } from '../../events.ts';
import type { RunRecord } from '../../runs/manifest.ts';
import { bytes, count, duration, metric, plural } from '../../ui/format.ts';
import { hoursInWords } from '../../ui/words.ts';
import type { Span, Timeline } from '../data.ts';
import { COLORS, type Figure } from '../figure.ts';
import { html } from '../html.ts';
import { colorKey, facts, table } from '../layout.ts';
import type { Section } from '../section.ts';
import { lanes } from '../timeline.ts';

/** What the run took, and when it did what. */
export const resources: Section = {
  id: 'resources',
  title: 'Time and resources',
  render: ({ record, timeline }) => {
    const time = facts([
      ['started', moment(record.created)],
      ['ended', record.finished === undefined ? 'not yet' : moment(record.finished)],
      ['took', duration(record.seconds)],
      ...measured(timeline?.spans ?? []),
      ...costs(record),
      ...(timeline?.estimates ?? []).slice(-1).map(({ reason }) => ['expected before training', reason] as const),
    ]);
    if (!timeline) return [time];
    const stages = stageTable(timeline);
    const { spans } = timeline;
    if (spans.length === 0)
      return [time, stages, html`<p>Nothing had to be computed: all results were in the store.</p>`];
    return [time, stages, figure(spans)];
  },
};

/** What it cost beside what was foretold. */
function costs({ usage, forecast }: RunRecord): (readonly [string, string])[] {
  const hours = usage?.vcpu_hours;
  const range = (words: (value: number) => string, of: Range | null | undefined): string =>
    of ? `; foretold ${words(of.low)} to ${words(of.high)}, likely ${words(of.likely)}` : '';
  return [
    ...(hours === undefined
      ? []
      : [['vCPU-hours', `${hoursInWords(hours)}${range(hoursInWords, forecast?.vcpu_hours)}`] as const]),
    ...(typeof usage?.dollars === 'number'
      ? [['cost', `${inDollars(usage.dollars)}${range(inDollars, forecast?.dollars)}`] as const]
      : []),
  ];
}

function measured(spans: readonly Span[]): (readonly [string, string])[] {
  const most = (values: readonly (number | undefined)[]) =>
    Math.max(0, ...values.filter((value) => value !== undefined));
  const memory = most(spans.map(({ peakMemory }) => peakMemory));
  const cpu = spans.reduce((sum, { cpuSeconds }) => sum + (cpuSeconds ?? 0), 0);
  const speed = most(spans.map(({ roundsPerSecond }) => roundsPerSecond));
  const hosts = [...new Set(spans.flatMap(({ host }) => host ?? []))];
  const again = spans.filter(({ attempt }) => (attempt ?? 1) > 1).length;
  return [
    ...(memory > 0 ? [['largest task', `${bytes(memory)} of memory`] as const] : []),
    ...(cpu > 0 ? [['processor time', duration(cpu)] as const] : []),
    ...(speed > 0 ? [['fastest booster', `${metric(speed)} rounds a second`] as const] : []),
    ...(hosts.length > 0 ? [['machines', hosts.length <= 3 ? hosts.join(', ') : count(hosts.length)] as const] : []),
    ...(again > 0 ? [['tried again', plural(again, 'task')] as const] : []),
  ];
}

function stageTable({ spans, reused }: Timeline) {
  const withMemory = spans.some(({ peakMemory }) => peakMemory !== undefined);
  const rows = STAGES.flatMap((stage) => {
    const own = spans.filter((span) => span.stage === stage);
    const there = reused[stage] ?? 0;
    if (own.length === 0 && there === 0) return [];
    const seconds = own.map(({ started, ended }) => (ended - started) / 1000);
    const failed = own.filter(({ status }) => status === 'failed').length;
    const memory = Math.max(0, ...own.map(({ peakMemory }) => peakMemory ?? 0));
    return [
      {
        cells: [
          stage,
          count(own.length - failed),
          count(there),
          count(failed),
          own.length === 0 ? '-' : duration(seconds.reduce((sum, one) => sum + one, 0)),
          own.length === 0 ? '-' : duration(Math.max(...seconds)),
          ...(withMemory ? [memory > 0 ? bytes(memory) : '-'] : []),
        ],
      },
    ];
  });
  const columns = [
    'stage',
    'done',
    'there already',
    'failed',
    'time of all tasks',
    'longest task',
    ...(withMemory ? ['most memory'] : []),
  ];
  return table(
    'Tasks by stage',
    columns.map((title, index) => ({ title, right: index > 0 })),
    rows,
  );
}

function figure(spans: readonly Span[]): Figure {
  const placed = lanes(spans);
  const first = Math.min(...placed.map(({ started }) => started));
  const values = placed.map(({ stage, started, ended, lane, status }) => ({
    stage,
    lane,
    from: (started - first) / 1000,
    to: (ended - first) / 1000,
    failed: status === 'failed',
  }));
  const seconds = Math.max(...values.map(({ to }) => to));
  const [unit, size] = seconds > 3 * 3600 ? ['hours', 3600] : seconds > 300 ? ['minutes', 60] : ['seconds', 1];
  const scaled = values.map((value) => ({ ...value, from: value.from / size, to: value.to / size }));
  const used = STAGES.filter((stage) => values.some((value) => value.stage === stage));
  const count_ = Math.max(...values.map(({ lane }) => lane));
  return {
    title: 'Time line',
    description: `${plural(values.length, 'task')} over ${duration(seconds)}, at most ${count(count_)} at the same time.`,
    caption: `Each bar is a task; bars above each other ran at the same time.${values.some(({ failed }) => failed) ? ' Failed tasks have a border.' : ''}`,
    key: colorKey(used.map((stage) => ({ color: COLORS[STAGES.indexOf(stage)] ?? COLORS[0], words: stage }))),
    wide: true,
    height: Math.min(420, 60 + 26 * count_),
    spec: {
      data: { values: scaled },
      mark: { type: 'bar', height: { band: 0.8 }, strokeWidth: 0.8 },
      encoding: {
        x: { field: 'from', type: 'quantitative', title: `${unit} since the first task began`, axis: { tickCount: 8 } },
        x2: { field: 'to' },
        y: { field: 'lane', type: 'ordinal', title: null, axis: { labels: false, ticks: false, domain: false } },
        color: {
          field: 'stage',
          type: 'nominal',
          legend: null,
          scale: { domain: used, range: used.map((stage) => COLORS[STAGES.indexOf(stage)]) },
        },
        stroke: { condition: { test: 'datum.failed', value: 'var(--bad)' }, value: 'var(--card)' },
      },
    },
  };
}

function moment(iso: string): string {
  return `${iso.slice(0, 19).replace('T', ' ')} UTC`;
}
