/** What is chosen of tables as people have them, from their bytes on, or what is asked. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Choice, chooseColumns } from '../../src/config/choose.ts';
import { runStage } from '../../src/native/binding.ts';
import { folderWith } from '../cli/run-cli.ts';
import { BUILT } from '../native/built.ts';
import { EVENTS, KEYS, QUESTIONS, type Sample, SCRIPTS } from './tables.ts';

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
