/** The fake add-on of the flow's tests with whole summaries, and with the stages that only the command line asks for. */

import { writeFileSync } from 'node:fs';
import type { NativeStages } from '../../src/native/stages.ts';
import * as flow from '../contract/fake-native.ts';

export { CancelToken, describe, digest, writeTable } from '../contract/fake-native.ts';

const MORE: Readonly<Record<string, (options: { output?: string }) => unknown>> = {
  corpus: () => ({ tokens: 4200, terms: 910, dropped: { null_outcome: 0, null_text: 0, empty_text: 0 } }),
  export: ({ output }) => {
    writeFileSync(String(output), 'table\n');
    return { rows: 7 } satisfies NativeStages['export'][1];
  },
  predict: ({ output }) => {
    writeFileSync(String(output), 'row,prediction\n0,1.5\n');
    return { rows: 20, bad_rows: 1, empty_rows: 4, scale: 'log1p(size)' } satisfies NativeStages['predict'][1];
  },
  inspect: () =>
    ({
      sampled: 100,
      encoding: 'windows-1252',
      delimiter: ',',
      columns: [
        { name: 'title', kind: 'text', examples: [], nulls: 0, distinct: 99, mean_words: 3 },
        { name: 'review', kind: 'text', examples: [], nulls: 0, distinct: 99, mean_words: 41.7 },
        { name: 'stars', kind: 'number', examples: [], nulls: 0, distinct: 5, min: 1, max: 5 },
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
