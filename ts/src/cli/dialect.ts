/** The options that say how a table is written, for every command that reads one. */

import { type Dialect, splitDialect } from '../config/dialect.ts';
import { NlpflowError } from '../errors.ts';
import type { FoundDialect } from '../native/stages.ts';
import { shellWord } from '../ui/shell.ts';
import type { OptionSpec } from './command.ts';

const GROUP = 'How the table is written (recognised where it is not said)';

/** Options for the keys of `Dialect`; `dialectOf` reads them. */
export const DIALECT_OPTIONS = {
  delimiter: { type: 'string', doc: 'character between fields', value: 'CHAR', group: GROUP },
  quote: {
    type: 'string',
    doc: 'character around fields, or none where quotes are plain text',
    value: 'CHAR',
    group: GROUP,
  },
  escape: {
    type: 'string',
    doc: 'character that takes the meaning from the next one, or none',
    value: 'CHAR',
    group: GROUP,
  },
  header: { type: 'boolean', doc: 'the first record names the columns', group: GROUP },
  'no-header': { type: 'boolean', doc: 'the first record is data; columns are column_1, column_2, …', group: GROUP },
  columns: { type: 'string', doc: 'names of the columns, where there is no header', value: 'A,B,…', group: GROUP },
  'na-values': {
    type: 'string',
    doc: 'more values that stand for a missing one, e.g. -,?',
    value: 'A,B,…',
    group: GROUP,
  },
  decimal: { type: 'string', doc: 'what stands before decimals', choices: ['.', ','], group: GROUP },
  thousands: { type: 'string', doc: "what groups thousands, e.g. ',' or ' '", value: 'CHAR', group: GROUP },
  currency: { type: 'string', doc: 'sign or code of amounts, e.g. $ or EUR', value: 'SIGN', group: GROUP },
} as const satisfies Record<string, OptionSpec>;

/** The arguments of these options. */
export type DialectArguments = {
  readonly [Name in keyof typeof DIALECT_OPTIONS]?: (typeof DIALECT_OPTIONS)[Name]['type'] extends 'boolean'
    ? boolean | undefined
    : string | undefined;
};

/** The dialect that the arguments say; what is left out is recognised. */
export function dialectOf(args: DialectArguments): Dialect {
  if (args.header === true && args['no-header'] === true) {
    throw new NlpflowError('USAGE', '--header and --no-header exclude each other');
  }
  const list = (text: string | undefined) => text?.split(',').map((value) => value.trim());
  const { dialect } = splitDialect({
    ...args,
    header: args['no-header'] === true ? false : args.header,
    columns: list(args.columns),
    na_values: list(args['na-values']),
  });
  return dialect;
}

/** The dialect that a configuration should hold: what was recognised and is not what the file's name says. */
export function unusualDialect(file: string, found: FoundDialect): Dialect {
  const { delimiter, header, decimal, thousands } = found;
  const isTab = /\.(tsv|tab)(\.|$)/i.test(file);
  const quote = found.quote ?? 'none';
  return {
    ...(delimiter === (isTab ? '\t' : ',') ? {} : { delimiter }),
    ...(quote === (delimiter === '\t' ? 'none' : '"') ? {} : { quote }),
    ...(found.escape === null ? {} : { escape: found.escape }),
    ...(header ? {} : { header }),
    ...(decimal === '.' ? {} : { decimal }),
    ...(thousands === null ? {} : { thousands }),
  };
}

/** The words of a command line that say a dialect. */
export function dialectWords(dialect: Dialect): string[] {
  return Object.entries(dialect).flatMap(([key, value]) => {
    if (key === 'header') return [value === true ? '--header' : '--no-header'];
    return [`--${key.replace('_', '-')} ${shellWord([value].flat().join(','))}`];
  });
}
