import { count, plural } from '../../ui/format.ts';
import type { Histogram } from '../data.ts';
import { ACCENT, type PlotSpec } from '../figure.ts';

/** Bars of a histogram. */
export function histogramSpec({ bins }: Histogram, title: string): PlotSpec {
  return {
    data: { values: bins.filter(({ n }) => n > 0) },
    mark: { type: 'bar', color: ACCENT, binSpacing: 0.5 },
    encoding: {
      x: { field: 'from', bin: { binned: true }, type: 'quantitative', title, axis: { grid: false, tickCount: 6 } },
      x2: { field: 'to' },
      y: { field: 'n', type: 'quantitative', title: 'rows', axis: { tickCount: 5 } },
    },
  };
}

/** How many values a plot leaves out on its sides, in words. */
export function outsideWords({ below, above }: Histogram): string {
  if (below + above === 0) return '';
  return `${plural(below + above, 'row')} outside of the range ${below + above === 1 ? 'is' : 'are'} not shown (${count(below)} below, ${count(above)} above).`;
}
