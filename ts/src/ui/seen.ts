/** A table as a first look shows it: its rows, its columns, and what each is for. */

import type { ColumnUse } from '../config/choosing/question.ts';
import type { InspectedColumn, InspectSummary } from '../native/stages.ts';
import { type Column, clip, count, plural, table } from './format.ts';
import { visibleLine } from './visible.ts';

/** Columns of a table that are shown; `--json` has all of them. */
const MOST_COLUMNS = 40;
const NAME_WIDTH = 30;
const EXAMPLES_WIDTH = 40;
const EXAMPLE_WIDTH = 24;
/** Rows with a wrong number of fields are worth a line from this share on. */
const FEW_BAD = 0;

/** The lines in parts, so that the heads of the columns can have a style of their own. */
export interface Seen {
  readonly facts: readonly string[];
  readonly head: string;
  readonly rows: readonly string[];
}

/** What was seen of a table, `file` as the user wrote it. */
export function seenTable(file: string, found: InspectSummary, uses: readonly ColumnUse[]): Seen {
  const shown = found.columns.slice(0, MOST_COLUMNS);
  const cells = shown.map((column, index) => cellsOf(column, found, uses[index]));
  const [head = '', ...rows] = table(COLUMNS, cells);
  const left = found.columns.length - shown.length;
  return {
    facts: factsOf(file, found),
    head,
    rows: left > 0 ? [...rows, `and ${plural(left, 'column')} more`] : rows,
  };
}

const COLUMNS: readonly Column[] = [
  { title: 'column' },
  { title: 'kind' },
  { title: 'missing', right: true },
  { title: 'examples' },
  { title: 'use' },
  { title: 'why' },
];

function factsOf(file: string, found: InspectSummary): string[] {
  const { rows, complete, sampled, columns, bad = 0, encoding, recognised } = found;
  const facts = [`${file}: ${complete ? '' : 'more than '}${plural(rows, 'row')}, ${plural(columns.length, 'column')}`];
  if (sampled < rows) {
    const where = complete ? 'spread over the whole file' : `spread over the first ${count(rows)}`;
    facts.push(`looked at ${count(sampled)} rows, ${where}`);
  }
  if (!/^utf-?8$/i.test(encoding)) facts.push(`encoding ${encoding}, not UTF-8 (recognised; --encoding to override)`);
  facts.push(...recognised);
  if (bad > FEW_BAD) {
    facts.push(`${plural(bad, 'row')} of ${count(sampled)} with another number of fields than the header`);
  }
  return facts;
}

function cellsOf(column: InspectedColumn, { sampled }: InspectSummary, use: ColumnUse | undefined): string[] {
  const examples = column.examples.map((example) => clip(example.replaceAll(/\s+/g, ' ').trim(), EXAMPLE_WIDTH));
  const doing = use?.use === 'none' ? '-' : (use?.use ?? '-');
  return [
    column.name === '' ? '(no name)' : clip(visibleLine(column.name), NAME_WIDTH),
    kindOf(column),
    missing(column.nulls + (column.foreign?.rows ?? 0), sampled),
    clip(examples.map(visibleLine).join(' | '), EXAMPLES_WIDTH),
    doing,
    use?.reason ?? '',
  ];
}

function kindOf({ kind, form, distinct }: InspectedColumn): string {
  if (kind === 'category') return plural(distinct, 'value');
  if (kind !== 'text' || form === undefined) return kind;
  return { date: 'date', url: 'address', json: 'JSON', figure: 'figures', code: 'codes' }[form];
}

function missing(rows: number, sampled: number): string {
  if (rows === 0) return '0';
  const share = (100 * rows) / Math.max(1, sampled);
  return share < 1 ? '< 1 %' : `${Math.min(share, rows < sampled ? 99 : 100).toFixed(0)} %`;
}
