import { NlpflowError } from '../../errors.ts';
import { table } from '../../ui/format.ts';
import { shellWord } from '../../ui/shell.ts';
import { shown } from './terms.ts';

/** What a column of a table is for, and why. */
export interface ColumnUse {
  readonly name: string;
  readonly use: 'text' | 'outcome' | 'split' | 'possible' | 'none';
  readonly reason: string;
}

/** A way to go on: an option with its value, and what it would mean. */
export interface Answer {
  readonly option: 'text' | 'outcome';
  readonly value: string;
  readonly means: string;
}

/** A table that does not say by itself what is meant: every column with its use, and the commands to go on. */
export class Question extends NlpflowError {
  readonly columns: readonly ColumnUse[];

  constructor(reason: string, answers: readonly Answer[], columns: readonly ColumnUse[], command: string) {
    super('UNKNOWN_COLUMN', [reason, ...waysOn(answers, columns, command)].join('\n'));
    this.columns = columns;
  }
}

/** Characters of a name or an expression that stands in a command; the name of a column without a header may be a text. */
export const LONGEST_SHOWN = 160;
/** Commands that are listed at most. */
const MOST_ANSWERS = 12;

function waysOn(answers: readonly Answer[], columns: readonly ColumnUse[], command: string): string[] {
  if (answers.length === 0) {
    const names = columns
      .slice(0, 40)
      .map(({ name, reason }) => `  ${name === '' ? '(no name)' : shown(name)}: ${reason}`);
    return ['the columns are', ...names, `name them: ${command} --text COLUMN --outcome EXPR`];
  }
  const rows = answers.slice(0, MOST_ANSWERS).map(({ option, value, means }) => {
    const isLong = value.length > LONGEST_SHOWN;
    const word = isLong ? (option === 'text' ? 'COLUMN' : 'EXPR') : shellWord(value);
    return [`${command} --${option} ${word}`, isLong ? `${means}, with ${shown(value)}` : means];
  });
  const [, ...lines] = table([{ title: '' }, { title: '' }], rows);
  const left = answers.length - rows.length;
  return ['say which is meant:', ...lines.map((line) => `  ${line}`), ...(left > 0 ? [`  … and ${left} more`] : [])];
}
