/** Which column is to be predicted, and what of it. */

import type { InspectedColumn, ValueCount } from '../../native/stages.ts';
import { type Event, eventOf } from './event.ts';
import {
  besideOutcome,
  hasCompanion,
  isCodedName,
  isIndexName,
  isKeyName,
  isMeasureName,
  isQuantityName,
  NAMED,
  outcomeRank,
} from './names.ts';
import { columnTerm, isReadable, shown, textTerm } from './terms.ts';

/** A column that may be predicted. */
export interface Candidate {
  readonly column: InspectedColumn;
  /** How surely it is the one: from 70 on by its name. */
  readonly rank: number;
  /** What there is to predict, in words. */
  readonly holds: string;
  /** What would be predicted; none where the user has to say it. */
  readonly proposal?: Proposal;
  /** What may be predicted where nothing is proposed, with its meaning. */
  readonly ways: readonly { readonly outcome: string; readonly means: string }[];
}

/** An expression with the objective that fits it. */
export interface Proposal {
  readonly outcome: string;
  readonly objective: string;
  readonly means: string;
}

/** From this largest value on, a column that has no negative ones is learned on the scale of its logarithm. */
const WIDE = 10_000;
/** Classes by number, and classes by name, of which one may be the event. */
const MOST_CLASSES = 20;
/** Rows from which values that are all different make a key. */
const ENOUGH_ROWS = 10;

/** Why a column is never predicted; nothing where it may be. */
export function whyNoOutcome(column: InspectedColumn, sampled: number): string | undefined {
  const { kind, name, distinct, unique, sequence, non_integer } = column;
  const named = outcomeRank(name) >= NAMED || isQuantityName(name);
  if (kind === 'empty') return 'empty';
  if (kind === 'date') return 'dates';
  if (distinct === 1) return `the same value in all rows: ${shown(column.examples[0] ?? '')}`;
  if (saysSplit(column)) return 'says which part of the data a row is in';
  if (kind === 'number') {
    if (sequence && !named && non_integer !== true && sampled > 2)
      return isIndexName(name) ? 'the numbers of the rows' : 'counts the rows';
    if (isIndexName(name) && unique) return 'the numbers of the rows';
    const isWhole = non_integer !== true;
    if (isWhole && isKeyName(name)) return 'a key, by its name';
    if (isWhole && unique && !named && sampled > ENOUGH_ROWS) return 'a key: every row has another whole number';
  } else if (isKeyName(name) && distinct > 2) {
    return 'a key, by its name';
  }
  const beside = besideOutcome(name);
  return beside === undefined ? undefined : `${beside}, by its name`;
}

/** What could be predicted of a column; nothing for one of texts. */
export function candidateOf(column: InspectedColumn, names: readonly string[]): Candidate | undefined {
  const { name, kind, form, distinct } = column;
  const named = Math.max(outcomeRank(name), hasCompanion(name, names) ? 92 : 0);
  const rank = (unnamed: number) => Math.max(0, (named > 0 ? named : unnamed) - lacking(column));
  const term = columnTerm(name);
  if (form === 'figure') {
    const example = shown(column.examples[0] ?? '');
    return {
      column,
      rank: rank(40),
      holds: `numbers written for people, such as ${example}: not read as numbers`,
      ways: [],
    };
  }
  if (kind === 'number') {
    const usual = isMeasureName(name) ? 15 : 45;
    return {
      column,
      rank: rank(distinct === 2 && column.non_integer !== true ? 50 : usual),
      ...ofNumber(column, term),
    };
  }
  if (kind === 'boolean' || kind === 'category') {
    const what = ofWords(column, term);
    const usual = what.proposal ? (what.isMeant ? 50 : 42) : distinct <= MOST_CLASSES ? 30 : 10;
    const isItself = what.proposal && column.values?.some(({ value }) => value.toLowerCase() === name.toLowerCase());
    return { column, rank: isItself ? Math.max(95, rank(usual)) : rank(usual), ...what };
  }
  if (named >= NAMED && form === undefined && (column.mean_words ?? 0) <= 4) {
    return { column, rank: rank(0), holds: `${distinct} different texts: too many for classes`, ways: [] };
  }
  return undefined;
}

type What = Pick<Candidate, 'holds' | 'proposal' | 'ways'> & { readonly isMeant?: boolean };

function ofNumber(column: InspectedColumn, term: string): What {
  const { name, distinct, non_integer, min = 0, max = 0, foreign, values = [] } = column;
  const gaps = foreign ? `, with ${foreign.words.map(shown).join(', ')} among them` : '';
  if (distinct === 2 && non_integer !== true) {
    const isPlain = min === 0 && max === 1;
    const outcome = isPlain ? term : `${term} == ${max}`;
    const means = isPlain ? `${shown(name)}, 0 or 1` : `whether ${shown(name)} is ${max} (1) or ${min} (0)`;
    return {
      holds: `the numbers ${min} and ${max}${gaps}`,
      ...proposing(outcome, 'binary:logistic', `${means}${gaps}`),
    };
  }
  const isCoded =
    non_integer !== true && distinct <= MOST_CLASSES && min >= -1 && min <= 1 && max - min < 2 * MOST_CLASSES;
  if (isCoded && isCodedName(name)) {
    const classes = values.length > 0 ? values.map(({ value }) => value) : [String(min), String(max)];
    const ordered = classes.toSorted((a, b) => Number(a) - Number(b));
    return {
      holds: `${distinct} classes by number, ${min} to ${max}`,
      ways: [
        { outcome: term, means: 'the number itself, where the classes have an order' },
        ...ordered.map((value) => ({ outcome: `${term} == ${value}`, means: `class ${value} against the rest` })),
      ],
    };
  }
  const range = `a number from ${min} to ${max}${gaps}`;
  if (min >= 0 && max >= WIDE) {
    const means = `log1p of ${shown(name)}, ${range}: so wide a range is learned on its logarithm`;
    return { holds: range, ...proposing(`log1p(${term})`, 'reg:squarederror', means) };
  }
  return { holds: range, ...proposing(term, 'reg:squarederror', `column ${shown(name)}, ${range}`) };
}

function ofWords(column: InspectedColumn, term: string): What {
  const { name, distinct } = column;
  const values = (column.values ?? []).filter(({ value }) => isReadable(comparison(term, value)));
  const few = values.slice(0, 4).map(({ value }) => shown(value));
  const holds = `${distinct} values: ${few.join(', ')}${distinct > few.length ? ', …' : ''}`;
  const event = values.length === distinct || distinct === 2 ? eventOf(values) : undefined;
  if (event && distinct <= MOST_CLASSES) {
    const { value } = event.value;
    const spellings = values.filter((other) => other.value.toLowerCase() === value.toLowerCase());
    const outcome =
      column.kind === 'boolean' && spellings.length > 1
        ? spellings.map((other) => `(${comparison(term, other.value)})`).join(' + ')
        : comparison(term, value);
    const means = eventWords(name, event, values, distinct);
    return { holds, isMeant: event.isMeant, ...proposing(outcome, 'binary:logistic', means) };
  }
  const ways = distinct > MOST_CLASSES ? values.slice(0, 3) : values;
  return {
    holds,
    ways: ways.map(({ value }) => ({
      outcome: comparison(term, value),
      means: `whether ${shown(name)} is ${shown(value)} (1) or not (0)`,
    })),
  };
}

function eventWords(name: string, { value, isMeant }: Event, values: readonly ValueCount[], distinct: number): string {
  const others = values.filter((other) => other !== value && other.value.toLowerCase() !== value.value.toLowerCase());
  const [other] = others;
  const isOneOfTwo = others.length === 1 && distinct === values.length && other;
  const against = isOneOfTwo ? shown(other.value) : 'not';
  const why = isMeant
    ? ''
    : other && other.rows === value.rows
      ? ', of two that are as frequent'
      : ', the rarer of the two';
  const classes =
    others.length > 1 ? `; all ${distinct} classes at once are not possible yet, but one against the rest is` : '';
  return `whether ${shown(name)} is ${shown(value.value)} (1) or ${against} (0)${why}${classes}`;
}

function proposing(outcome: string, objective: string, means: string): Pick<Candidate, 'proposal' | 'ways'> {
  return { proposal: { outcome, objective, means }, ways: [{ outcome, means }] };
}

function comparison(term: string, value: string): string {
  return `${term} == ${textTerm(value)}`;
}

/** What a column loses that is empty in most rows. */
function lacking({ nulls, values = [], distinct }: InspectedColumn): number {
  const there = Math.max(
    values.reduce((sum, { rows }) => sum + rows, 0),
    distinct,
  );
  return nulls > there ? 40 : 0;
}

/** Whether the values say train, test and the like. */
function saysSplit({ kind, values = [], examples }: InspectedColumn): boolean {
  const words = values.length > 0 ? values.map(({ value }) => value) : examples;
  return (
    kind === 'category' &&
    words.length > 1 &&
    words.every((word) => /^(train(ing)?|test(ing)?|dev|val(id(ation)?)?|unsup|eval(uation)?|holdout)$/i.test(word))
  );
}
