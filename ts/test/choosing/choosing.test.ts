/** What is chosen of tables as people have them, from their bytes on, or what is asked. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Choice, chooseColumns } from '../../src/config/choose.ts';
import { runStage } from '../../src/native/binding.ts';
import { folderWith, runCli } from '../cli/run-cli.ts';
import { BUILT } from '../native/built.ts';
import { EVENTS } from './tables/events.ts';
import { KEYS } from './tables/keys.ts';
import { QUESTIONS } from './tables/questions.ts';
import type { Sample } from './tables/sample.ts';
import { SCRIPTS } from './tables/scripts.ts';

async function choosing({ table, file = 'data.csv' }: Sample): Promise<Choice> {
  const input = join(await folderWith(), file);
  await writeFile(input, table);
  return chooseColumns(await runStage('inspect', { input }), { command: `nlpflow init ${file}` });
}

async function messageOf(sample: Sample): Promise<string> {
  const choice = await choosing(sample).catch((error: Error) => error.message);
  return typeof choice === 'string' ? choice : `no question, but ${choice.text} and ${choice.outcome}`;
}

describe.skipIf(!BUILT).each([
  ['events', EVENTS],
  ['keys and names', KEYS],
  ['scripts', SCRIPTS],
])('%s', (_, samples) => {
  test.each(samples.map((sample) => [sample.name, sample] as const))('%s', async (_name, sample) => {
    const { text, outcome, split, objective, columns } = await choosing(sample);
    expect({ text, outcome, split }).toEqual({ text: sample.text, outcome: sample.outcome, split: sample.split });
    const isEvent = EVENTS.includes(sample) || / == /.test(outcome) || /label|target|is_/.test(outcome);
    expect(objective).toBe(isEvent ? 'binary:logistic' : 'reg:squarederror');
    for (const { reason } of columns) expect(reason).not.toBe('');
    expect(columns.filter(({ use }) => use === 'text' || use === 'outcome')).toHaveLength(2);
  });
});

describe.skipIf(!BUILT)('questions', () => {
  test.each(QUESTIONS.map((sample) => [sample.name, sample] as const))('%s', async (_, sample) => {
    const message = await messageOf(sample);
    expect(message).toContain(sample.asks);
    for (const offer of sample.offers ?? []) expect(message).toContain(`nlpflow init data.csv ${offer}`);
  });
});

describe.skipIf(!BUILT)('init shows', () => {
  const init = async (table: string, flags = '') =>
    runCli(`init data.csv ${flags}`, { cwd: await folderWith({ 'data.csv': table }) });

  test('rows, columns with kind, examples and gaps, what each is for and why', async () => {
    const { code, stdout } = await init(KEYS.find(({ name }) => name.startsWith('US airline'))?.table as string);
    expect(code).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "data.csv: 120 rows, 9 columns

      column                        kind      missing  examples                                  use       why
      tweet_id                      number          0  570306133677 | 570306134677 | 570306135…  -         a key, by its name
      airline_sentiment             3 values        0  negative | positive | neutral             outcome   by its name; 3 values: positive, neutral, negative
      airline_sentiment_confidence  number          0  0.2998 | 0.3963 | 0.5570                  -         how sure an annotator or a model was, by its name
      negativereason                2 values     27 %  Late Flight | Lost Luggage                possible  2 values: Late Flight, Lost Luggage
      airline                       4 values        0  United | Virgin America | US Airways      possible  4 values: United, US Airways, Delta, Virgin America
      name                          codes           0  user0 | user1 | user2                     -         a key: every row has another
      retweet_count                 number          0  2 | 0 | 1                                 possible  a number from 0 to 3
      text                          text            0  street here and room qu… | breakfast wo…  text      where sentences stand: 11.5 words a row
      tweet_created                 date            0  2015-02-24 11:10:52 -08… | 2015-02-24 1…  -         dates

        text: column text, the longest text with 11.5 words a row
        outcome: whether airline_sentiment is positive (1) or not (0); all 3 classes at once are not possible yet, but one against the rest is
        also possible: --outcome 'negativereason == "Lost Luggage"', --outcome 'airline == "United"', --outcome retweet_count

      nlpflow.yaml written; next: nlpflow run nlpflow.yaml
      "
    `);
  });

  test('the table on standard error when it asks', async () => {
    const rows = Array.from(
      { length: 20 },
      (_, row) => `${row * 3},${row % 7}.5,${row % 9}.5,some words to read ${row}`,
    );
    const { code, stdout, stderr } = await init(`id,V,A,text\n${rows.join('\n')}\n`, '--delimiter ,');
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatchInlineSnapshot(`
      "data.csv: 20 rows, 4 columns

      column  kind    missing  examples                                  use       why
      id      number        0  0 | 3 | 6                                 -         a key, by its name
      V       number        0  0.5 | 1.5 | 2.5                           possible  a number from 0.5 to 6.5
      A       number        0  0.5 | 1.5 | 2.5                           possible  a number from 0.5 to 8.5
      text    text          0  some words to read 0 | some words to re…  text      where sentences stand: 5.0 words a row

      error: 2 columns are as good as each other for the outcome
      say which is meant:
        nlpflow init data.csv --delimiter , --outcome V  column V, a number from 0.5 to 6.5
        nlpflow init data.csv --delimiter , --outcome A  column A, a number from 0.5 to 8.5
      "
    `);
  });

  test('how much of a large table was looked at', async () => {
    const { stdout } = await init(EVENTS.find(({ name }) => name.startsWith('a file sorted'))?.table as string);
    expect(stdout).toMatch(/^data.csv: 12,000 rows, 2 columns\nlooked at \d,\d{3} rows, spread over the whole file\n/);
  });

  test('rows that do not fit the header, and names that stand twice', async () => {
    const good = 'some words to read,1,2\nother words again,0,3\n'.repeat(20);
    const few = await init(`text,label,label\n${good}some\n`, '--outcome 1');
    expect(few.stderr).toContain(
      'warning: 1 of 41 rows that were looked at have another number of fields than the header',
    );
    expect(few.stderr).toContain('warning: label: in the header twice');
    const { code, stderr } = await init(`text,label\n${good}`);
    expect(stderr).toContain('40 of 40 rows that were looked at have another number of fields');
    expect(code).toBe(3);
  });
});
