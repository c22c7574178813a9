import { NlpflowError } from '../errors.ts';
import type { InspectedColumn, InspectSummary } from '../native/stages.ts';
import { clip } from '../ui/format.ts';

/** What `nlpflow init` chose for a table, and why, in sentences. */
export interface Choice {
  readonly text: string;
  readonly outcome: string;
  /** A column that says train or test, where there is one. */
  readonly split?: string;
  readonly objective: string;
  readonly reasons: readonly string[];
}

/** Bytes of the longest outcome expression that is read (`crates/source/src/expression/parse.rs`). */
const LONGEST_EXPRESSION = 4096;
/** Cells that a category gets in a sentence. */
const SHOWN_VALUE = 80;

/** From this largest value on, a column that has no negative ones is learned on the scale of its logarithm. */
const WIDE = 10_000;

/** Chooses text column, outcome and split of a table; what the user named is taken as it is. */
export function chooseColumns(
  table: Pick<InspectSummary, 'columns'>,
  named: { text?: string; outcome?: string },
): Choice {
  const reasons: string[] = [];
  const columns = table.columns.filter((column) => isNameable(column, table.columns));
  const text = chooseText(columns, named.text, reasons);
  const { outcome, objective } = chooseOutcome(columns, text, named.outcome, reasons);
  const split = columns.find(isSplit)?.name;
  if (split !== undefined) {
    reasons.push(`split: column ${split} says train or test`);
  }
  return { text, outcome, objective, reasons, ...(split === undefined ? {} : { split }) };
}

function chooseText(columns: readonly InspectedColumn[], named: string | undefined, reasons: string[]): string {
  if (named !== undefined) {
    if (!columns.some(({ name }) => name === named)) {
      throw new NlpflowError(
        'UNKNOWN_COLUMN',
        `there is no column ${named}; columns are ${columns.map(({ name }) => name).join(', ')}`,
      );
    }
    reasons.push(`text: column ${named}, as you said`);
    return named;
  }
  const words = (column: InspectedColumn) => column.mean_words ?? 0;
  const [best] = columns.filter(({ kind }) => kind === 'text').toSorted((a, b) => words(b) - words(a));
  if (!best) {
    throw new NlpflowError(
      'UNKNOWN_COLUMN',
      `no column looks like text; name it with --text. Columns are ${columns.map(({ name, kind }) => `${name} (${kind})`).join(', ')}`,
    );
  }
  reasons.push(`text: column ${best.name}, the longest text with ${words(best).toFixed(1)} words a row`);
  return best.name;
}

function chooseOutcome(
  columns: readonly InspectedColumn[],
  text: string,
  named: string | undefined,
  reasons: string[],
): Pick<Choice, 'outcome' | 'objective'> {
  if (named !== undefined) {
    reasons.push(`outcome: ${named}, as you said`);
    return { outcome: named, objective: 'reg:squarederror' };
  }
  const numbers = columns.filter((column) => column.kind === 'number' && column.distinct > 1 && !isIdentifier(column));
  const [number] = numbers;
  if (number) {
    const others = numbers.slice(1).map(({ name }) => name);
    const rest = others.length > 0 ? `; other numbers are ${others.join(', ')}` : '';
    const { min = 0, max = 0 } = number;
    if (min >= 0 && max >= WIDE) {
      reasons.push(
        `outcome: log1p of ${number.name}, a number from ${min} to ${max}: so wide a range is learned on its logarithm${rest}`,
      );
      return { outcome: `log1p(${columnTerm(number.name)})`, objective: 'reg:squarederror' };
    }
    reasons.push(`outcome: column ${number.name}, a number from ${min} to ${max}${rest}`);
    return { outcome: columnTerm(number.name), objective: 'reg:squarederror' };
  }
  const categories = columns.filter(
    (column) => column.kind === 'category' && column.distinct > 1 && column.name !== text && !isSplit(column),
  );
  for (const { name, value } of categories) {
    const outcome = value === undefined ? undefined : `${columnTerm(name)} == ${textTerm(value)}`;
    if (value === undefined || outcome === undefined || Buffer.byteLength(outcome) > LONGEST_EXPRESSION) continue;
    reasons.push(`outcome: whether ${name} is ${clip(value, SHOWN_VALUE)} (1) or not (0): no column holds numbers`);
    return { outcome, objective: 'binary:logistic' };
  }
  throw new NlpflowError(
    'UNKNOWN_COLUMN',
    `no column looks like an outcome; name it with --outcome. Columns are ${columns.map(({ name, kind }) => `${name} (${kind})`).join(', ')}`,
  );
}

/** Whether a column can be meant: it has a name, and no other has the same. */
function isNameable({ name }: InspectedColumn, columns: readonly InspectedColumn[]): boolean {
  return name !== '' && columns.filter((column) => column.name === name).length === 1;
}

/** A row number or key: nothing that a text could tell. */
function isIdentifier({ name, min, distinct, nulls, non_integer }: InspectedColumn): boolean {
  return (
    /(^|[_\s.-])(id|index|idx|row|key)$/i.test(name) &&
    min !== undefined &&
    non_integer !== true &&
    nulls === 0 &&
    distinct > 1
  );
}

function isSplit({ kind, distinct, examples }: InspectedColumn): boolean {
  return kind === 'category' && distinct === 2 && examples.includes('train') && examples.includes('test');
}

/** A column's name as an expression reads it: bare, or in backquotes, which are doubled inside. */
export function columnTerm(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_.]*$/.test(name) ? name : inQuotes(name, '`');
}

/** A text as an expression reads it: there are no escapes, a quote is doubled. */
export function textTerm(text: string): string {
  return inQuotes(text, '"');
}

function inQuotes(text: string, mark: string): string {
  return mark + text.replaceAll(mark, mark + mark) + mark;
}
