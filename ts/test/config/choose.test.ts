import { describe, expect, test } from 'vitest';
import { chooseColumns } from '../../src/config/choose.ts';
import { ConfigDocument } from '../../src/config/document.ts';
import { resolveConfig } from '../../src/config/resolve.ts';
import { renderConfig } from '../../src/config/template.ts';
import type { InspectedColumn } from '../../src/native/stages.ts';
import { REGISTRY } from './registry.fixture.ts';

const column = (name: string, kind: InspectedColumn['kind'], more: Partial<InspectedColumn> = {}): InspectedColumn => ({
  name,
  kind,
  examples: [],
  nulls: 0,
  distinct: 50,
  ...more,
});
const table = (...columns: InspectedColumn[]) => ({ columns, sampled: 100, encoding: 'UTF-8', delimiter: ',' });

describe('init chooses', () => {
  test('the longest text and a number that is no key', () => {
    const choice = chooseColumns(
      table(
        column('row_id', 'number', { min: 1, max: 100, distinct: 100 }),
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
      'outcome: column stars, a number from 1 to 5; other numbers are price',
    ]);
  });

  test('the logarithm of a wide range, and backquotes for a name with blanks', () => {
    const choice = chooseColumns(
      table(column('t', 'text', { mean_words: 9 }), column('size in kB', 'number', { min: 0, max: 3e6 })),
      {},
    );
    expect(choice.outcome).toBe('log1p(`size in kB`)');
  });

  test('a category when there is no number, and a column that says train or test', () => {
    const choice = chooseColumns(
      table(
        column('t', 'text', { mean_words: 9 }),
        column('set', 'category', { distinct: 2, examples: ['train', 'test'] }),
        column('label', 'category', { distinct: 2, examples: ['ham', 'spam'], value: 'ham' }),
      ),
      {},
    );
    expect(choice).toMatchObject({ outcome: 'label == "ham"', split: 'set', objective: 'binary:logistic' });
  });

  test('what the user names, and says when nothing fits', () => {
    expect(
      chooseColumns(table(column('a', 'category'), column('b', 'number')), { text: 'a', outcome: 'b * 2' }),
    ).toMatchObject({ text: 'a', outcome: 'b * 2' });
    expect(() => chooseColumns(table(column('a', 'number')), {})).toThrow(
      'no column looks like text; name it with --text. Columns are a (number)',
    );
    expect(() => chooseColumns(table(column('t', 'text', { mean_words: 3 })), {})).toThrow('name it with --outcome');
    expect(() => chooseColumns(table(column('t', 'text')), { text: 'x' })).toThrow(
      'there is no column x; columns are t',
    );
  });
});

test('the file that init writes is a valid configuration', () => {
  const choice = { text: 'yes', outcome: 'log1p(`a: b`)', objective: 'reg:squarederror', reasons: [] };
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
