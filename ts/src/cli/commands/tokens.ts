import { EXIT } from '../../errors.ts';
import { defineCommand } from '../command.ts';
import { CONFIG_OPTIONS } from '../options.ts';

export const tokens = defineCommand({
  name: 'tokens',
  summary: 'show what each step of the recipe does to some rows',
  description: 'Also says why a token was dropped. The recipe is learned on the whole table.',
  examples: [
    ['tokens nlpflow.yaml --n 5', 'the first five rows'],
    ['tokens nlpflow.yaml --rows 17,4711', 'rows by their number; the first row is 0'],
  ],
  positionals: [
    { name: 'config', doc: 'configuration (default nlpflow.yaml), a table, or an earlier run', required: false },
  ],
  options: {
    n: { type: 'number', doc: 'number of rows', default: 5 },
    rows: { type: 'string', doc: 'these rows instead, e.g. 0,17,42', value: 'ROWS' },
    ...CONFIG_OPTIONS,
  },
  prints: true,
  handler: async (args, context) => {
    const { showTokens } = await import('../tokens.ts');
    await showTokens(args, context);
    return EXIT.ok;
  },
});
