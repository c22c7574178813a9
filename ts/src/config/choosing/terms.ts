/** Names and values of a table as an outcome expression reads them. */

import { clip } from '../../ui/format.ts';
import { visibleLine } from '../../ui/visible.ts';

/** Bytes of the longest outcome expression that is read (`crates/source/src/expression/parse.rs`). */
const LONGEST_EXPRESSION = 4096;
/** Cells that a name or a value gets in a message. */
const SHOWN = 60;

/** A column's name as an expression reads it: bare, or in backquotes, which are doubled inside. */
export function columnTerm(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_.]*$/.test(name) ? name : inQuotes(name, '`');
}

/** A text as an expression reads it: there are no escapes, a quote is doubled. */
export function textTerm(text: string): string {
  return inQuotes(text, '"');
}

/** Whether an expression is short enough to be read. */
export function isReadable(expression: string): boolean {
  return Buffer.byteLength(expression) <= LONGEST_EXPRESSION;
}

/** Whether an expression is one comparison, so that it is 1 or 0. */
export function isComparison(expression: string): boolean {
  let bare = expression.replaceAll(/"(?:[^"]|"")*"|'(?:[^']|'')*'|`(?:[^`]|``)*`/g, 'x').trim();
  while (/^\([^()]*\)$/.test(bare)) bare = bare.slice(1, -1);
  const [left = '', ...right] = bare.split(/[=!<>]=|[<>]/);
  return right.length === 1 && [left, ...right].every((side) => side.split('(').length === side.split(')').length);
}

/** A name or a value as a message shows it: on one line, and not all of it when it is long. */
export function shown(text: string): string {
  return clip(visibleLine(text), SHOWN);
}

function inQuotes(text: string, mark: string): string {
  return mark + text.replaceAll(mark, mark + mark) + mark;
}
