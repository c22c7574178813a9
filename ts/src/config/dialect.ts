/** How a table is written: the keys of `data` that say so, and the option of each on the command line. */

import { z } from 'zod';

/** What the reader is told about a table's dialect; what is left out it recognises. */
export interface Dialect {
  readonly delimiter?: string;
  /** A character, or `none`. */
  readonly quote?: string;
  /** A character, or `none`. */
  readonly escape?: string;
  readonly header?: boolean;
  readonly columns?: readonly string[];
  readonly na_values?: readonly string[];
  readonly decimal?: string;
  readonly thousands?: string;
  readonly currency?: string;
}

const character = (meaning: string, example: string) =>
  z
    .string({ error: `must be one character, e.g. ${example}` })
    .regex(/^[\t -~]$/, { error: `must be one ASCII character, e.g. ${example}` })
    .describe(meaning)
    .optional();
const mark = (meaning: string, example: string) =>
  z
    .string({ error: `must be one character, e.g. ${example}, or none` })
    .regex(/^([!-~]|none)$/, { error: `must be one visible ASCII character, e.g. ${example}, or none` })
    .describe(meaning)
    .optional();
const names = (meaning: string) =>
  z
    .array(z.string({ error: 'must be a text' }), { error: 'must be a list of texts, e.g. [label, text]' })
    .min(1, { error: 'must not be empty' })
    .describe(meaning)
    .optional();

/** The keys with their checks; what is left out is recognised by looking at the table. */
export const DIALECT_SCHEMA = {
  delimiter: character('the character between fields; by default recognised', '";"'),
  quote: mark(
    'the character around fields that hold a delimiter or a line end, or none; by default recognised',
    '"\'"',
  ),
  escape: mark('the character that takes the meaning from the next one, or none; by default recognised', '"\\\\"'),
  header: z
    .boolean({ error: 'must be true or false' })
    .describe('whether the first record names the columns; by default recognised')
    .optional(),
  columns: names('names of the columns, where there is no header or others are wanted'),
  na_values: names('values that stand for a missing one, besides those of pandas (NA, NaN, N/A, null, None, …)'),
  decimal: z
    .enum(['.', ','], { error: 'must be "." or ","' })
    .describe('what stands before the decimals of a number; by default recognised')
    .optional(),
  thousands: z
    .string({ error: 'must be one character' })
    .regex(/^[^\p{L}\p{N}+-]$/u, { error: 'must be one sign such as ",", ".", "\'" or a space' })
    .describe('what groups the thousands of a number')
    .optional(),
  currency: z
    .string({ error: 'must be a text such as $ or EUR' })
    .min(1, { error: 'must not be empty' })
    .describe('the sign or code before or behind an amount, such as $ or EUR')
    .optional(),
};

const KEYS = Object.keys(DIALECT_SCHEMA) as (keyof Dialect)[];

/** Tells whether a key of `data` is a list of texts. */
export function isDialectList(key: string): boolean {
  return key === 'columns' || key === 'na_values';
}

/** Splits the keys that are set from the others. */
export function splitDialect<T extends { [Key in keyof Dialect]?: Dialect[Key] | undefined }>(
  values: T,
): { dialect: Dialect; rest: Omit<T, keyof Dialect> } {
  const isKey = (key: string): boolean => KEYS.some((known) => known === key);
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return {
    dialect: Object.fromEntries(entries.filter(([key]) => isKey(key))),
    rest: Object.fromEntries(entries.filter(([key]) => !isKey(key))) as Omit<T, keyof Dialect>,
  };
}
