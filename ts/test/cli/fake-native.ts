/** The fake add-on of the flow's tests with whole summaries, and with the stages that only the command line asks for. */

import { writeFileSync } from 'node:fs';
import type { NativeStages } from '../../src/native/stages.ts';
import * as flow from '../contract/fake-native.ts';

export { CancelToken, describe, digest, writeTable } from '../contract/fake-native.ts';

const DIFFERENT = { nulls: 0, distinct: 99, unique: true, sequence: false };

const MORE: Readonly<Record<string, (options: { output?: string }) => unknown>> = {
  corpus: () => ({
    tokens: 4200,
    terms: 910,
    recognised: [],
    dropped: { null_outcome: 0, null_text: 0, empty_text: 0 },
  }),
  export: ({ output }) => {
    writeFileSync(String(output), 'table\n');
    return { rows: 7 } satisfies NativeStages['export'][1];
  },
  predict: ({ output }) => {
    writeFileSync(String(output), 'row,prediction\n0,1.5\n');
    const said = { recognised: [], warnings: [], scale: 'log1p(size)' };
    return { rows: 20, bad_rows: 1, empty_rows: 4, ...said } satisfies NativeStages['predict'][1];
  },
  inspect: () =>
    ({
      rows: 100,
      complete: true,
      sampled: 100,
      encoding: 'windows-1252',
      dialect: { delimiter: ',', quote: '"', escape: null, header: true, decimal: '.', thousands: null },
      recognised: [],
      warnings: [],
      columns: [
        { name: 'title', kind: 'text', examples: ['Fine'], mean_words: 3, ...DIFFERENT },
        { name: 'review', kind: 'text', examples: ['I like it'], mean_words: 41.7, ...DIFFERENT },
        {
          ...DIFFERENT,
          name: 'stars',
          kind: 'number',
          examples: ['5', '1'],
          distinct: 5,
          unique: false,
          min: 1,
          max: 5,
        },
      ],
    }) satisfies NativeStages['inspect'][1],
  tokens: () =>
    ({
      rows: [
        {
          row: 0,
          text: 'The cat, the hat',
          steps: [
            { step: 'words', tokens: ['the', 'cat', 'the', 'hat'], dropped: [] },
            {
              step: 'stopwords',
              tokens: ['cat', 'hat'],
              dropped: [
                { token: 'the', reason: 'in the snowball list en' },
                { token: 'the', reason: 'in the snowball list en' },
              ],
            },
          ],
          values: [
            { token: 'cat', value: 0.5 },
            { token: 'hat', value: 0.25 },
          ],
        },
        { row: 1, text: '', steps: [{ step: 'words', tokens: [], dropped: [] }], values: [] },
      ],
    }) satisfies NativeStages['tokens'][1],
};

/** Runs a stage and returns its summary as JSON text, as the real add-on does. */
export async function stage(...args: Parameters<typeof flow.stage>): Promise<string> {
  const [name, options] = args;
  const base: unknown = await flow.stage(...args);
  const summary = (typeof base === 'string' ? JSON.parse(base) : base) as object | undefined;
  return JSON.stringify({ ...summary, ...(MORE[name]?.(options as { output?: string }) as object | undefined) });
}
