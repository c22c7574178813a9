import { describe, expect, test } from 'vitest';
import { chooseColumns, isComparison } from '../../src/config/choose.ts';
import { eventOf } from '../../src/config/choosing/event.ts';
import { ConfigDocument } from '../../src/config/document.ts';
import { resolveConfig } from '../../src/config/resolve.ts';
import { renderConfig } from '../../src/config/template.ts';
import type { InspectedColumn, InspectSummary } from '../../src/native/stages.ts';
import { REGISTRY } from './registry.fixture.ts';

type Partly = Omit<Partial<InspectedColumn>, 'name' | 'kind'>;

const column = (name: string, kind: InspectedColumn['kind'], more: Partly = {}): InspectedColumn => ({
  name,
  kind,
  examples: [],
  nulls: 0,
  distinct: 50,
  unique: false,
  sequence: false,
  ...more,
});
const table = (...columns: InspectedColumn[]): InspectSummary => ({
  columns,
  rows: 100,
  complete: true,
  sampled: 100,
  encoding: 'UTF-8',
  dialect: { delimiter: ',', quote: '"', escape: null, header: true, decimal: '.', thousands: null },
  recognised: [],
  warnings: [],
});
const values = (...counts: [string, number][]) => ({
  distinct: counts.length,
  values: counts.map(([value, rows]) => ({ value, rows })),
  examples: counts.map(([value]) => value),
});

describe('init chooses', () => {
  test('the longest text and a number by its name', () => {
    const choice = chooseColumns(
      table(
        column('row_id', 'number', { min: 1, max: 100, distinct: 100, non_integer: false }),
        column('title', 'text', { mean_words: 4 }),
        column('body', 'text', { mean_words: 50.25 }),
        column('stars', 'number', { min: 1, max: 5, distinct: 5 }),
        column('price', 'number', { min: 1, max: 90 }),
      ),
      {},
    );
    expect(choice).toMatchObject({ text: 'body', outcome: 'stars' });
    expect(choice.reasons).toEqual([
      'text: column body, the longest text with 50.3 words a row',
      'outcome: column stars, a number from 1 to 5',
      'also possible: --outcome price',
    ]);
    expect(choice.columns).toEqual([
      { name: 'row_id', use: 'none', reason: 'a key, by its name' },
      { name: 'title', use: 'none', reason: 'text, 4.0 words a row' },
      { name: 'body', use: 'text', reason: 'where sentences stand: 50.3 words a row' },
      { name: 'stars', use: 'outcome', reason: 'by its name; a number from 1 to 5' },
      { name: 'price', use: 'possible', reason: 'a number from 1 to 90' },
    ]);
  });

  test('the logarithm of a wide range, and backquotes for a name with blanks', () => {
    const choice = chooseColumns(
      table(column('t', 'text', { mean_words: 9 }), column('size in kB', 'number', { min: 0, max: 3e6 })),
      {},
    );
    expect(choice.outcome).toBe('log1p(`size in kB`)');
  });

  test('the event that is meant, and a column that says train or test', () => {
    const choice = chooseColumns(
      table(
        column('t', 'text', { mean_words: 9 }),
        column('set', 'category', values(['train', 80], ['test', 20])),
        column('label', 'category', values(['ham', 10], ['spam', 90])),
      ),
      {},
    );
    expect(choice).toMatchObject({ outcome: 'label == "spam"', split: 'set', objective: 'binary:logistic' });
  });

  test('what the user names, and says when nothing fits', () => {
    expect(
      chooseColumns(table(column('a', 'category'), column('b', 'number')), { text: 'a', outcome: 'b * 2' }),
    ).toMatchObject({ text: 'a', outcome: 'b * 2', objective: 'reg:squarederror' });
    expect(() => chooseColumns(table(column('a', 'number')), {})).toThrow(
      'no column looks like text: sentences stand in none\nthe columns are\n  a: ',
    );
    expect(() => chooseColumns(table(column('t', 'text', { mean_words: 3 })), {})).toThrow('name it with --outcome');
    expect(() => chooseColumns(table(column('t', 'text')), { text: 'x' })).toThrow(
      'there is no column x; columns are t',
    );
  });

  test('names are cut in messages', () => {
    const long = column('a long text that became a name because there is no header '.repeat(40), 'text');
    expect(() => chooseColumns(table(long), { text: 'x' })).toThrow(/^.{0,130}…$/);
    expect(() => chooseColumns(table(long), {})).toThrow(/^.{0,200}\n.{0,200}\n.{0,200}$/);
  });

  test('the column that a confidence stands beside', () => {
    const choice = chooseColumns(
      table(
        column('carrier', 'category', values(['Kite Air', 60], ['Nordwind', 40])),
        column('verdict', 'category', values(['bad', 30], ['fine', 30], ['good', 40])),
        column('verdict_confidence', 'number', { min: 0, max: 1, non_integer: true }),
        column('t', 'text', { mean_words: 9 }),
      ),
      {},
    );
    expect(choice.outcome).toBe('verdict == "good"');
    expect(choice.reasons[1]).toContain('all 3 classes at once are not possible yet');
  });
});

test.each([
  [['True', 'False'], 'True'],
  [['f', 't'], 't'],
  [['0', '1'], '1'],
  [['REAL', 'FAKE'], 'FAKE'],
  [['true', 'fake'], 'fake'],
  [['not toxic', 'toxic'], 'toxic'],
  [['non-hostile', 'hostile'], 'hostile'],
  [['truthful', 'deceptive'], 'deceptive'],
  [['nein', 'ja'], 'ja'],
  [['负面', '正面'], '正面'],
  [['ham', 'phish'], 'phish'],
  [['normal', 'weird'], 'weird'],
  [['negative', 'neutral', 'positive'], 'positive'],
  [['no', 'maybe', 'yes'], 'yes'],
  [['sport', 'politics', 'travel'], undefined],
  [['hate', 'offensive', 'neither'], undefined],
])('the event of %j is %s', (words, event) => {
  const counts = words.map((value) => ({ value, rows: 10 }));
  expect(eventOf(counts)?.value.value).toBe(event);
  expect(eventOf(counts.toReversed())?.value.value).toBe(event);
});

test('without a meaning the rarer one is the event', () => {
  const counts = [
    { value: 'Nordwind', rows: 70 },
    { value: 'Kite Air', rows: 30 },
  ];
  expect(eventOf(counts)).toEqual({ value: counts[1], isMeant: false });
});

test.each([
  ['a == "x"', true],
  ['log1p(a) > 3', true],
  ['a - b >= 0', true],
  ['(a == 1)', true],
  ['a', false],
  ['a + b', false],
  ['(a == 1) + (b == 1)', false],
  ['`a > b`', false],
])('%s is a comparison: %s', (expression, is) => {
  expect(isComparison(expression)).toBe(is);
});

test('the file that init writes is a valid configuration', () => {
  const choice = { text: 'yes', outcome: 'log1p(`a: b`)', objective: 'reg:squarederror' };
  const yaml = renderConfig(choice, {
    source: '../data #1.csv',
    encoding: 'windows-1252',
    dialect: { delimiter: ';' },
  });
  const config = resolveConfig(ConfigDocument.parse(yaml, 'nlpflow.yaml'), [], '/a/b', REGISTRY);
  expect(config.data).toMatchObject({
    source: '/a/data #1.csv',
    text: 'yes',
    outcome: 'log1p(`a: b`)',
    encoding: 'windows-1252',
    delimiter: ';',
  });
  expect(config.tune.grid).toEqual({ trees: [100, 300, 500], tree_depth: [6, 10], learn_rate: [0.1, 0.3] });
  const split = renderConfig({ ...choice, split: 'set' }, { source: 'a.csv' });
  expect(resolveConfig(ConfigDocument.parse(split, 'x'), [], '/', REGISTRY).split).toEqual({ column: 'set', seed: 1 });
});
