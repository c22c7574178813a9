import type { ReportData } from './data.ts';
import type { Figure } from './figure.ts';
import type { Html } from './html.ts';

/** A part of a section, in order: words and tables, or a plot. */
export type Block = Html | Figure;

/** A section of the report. */
export interface Section {
  /** Its anchor in the page. */
  readonly id: string;
  readonly title: string;
  /** What it shows; undefined when the run has nothing for it, which leaves it out. Pure. */
  render(data: ReportData): readonly Block[] | undefined;
}
