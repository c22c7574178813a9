import { EXIT } from '../../errors.ts';
import { defineCommand } from '../command.ts';
import { DIALECT_OPTIONS } from '../dialect.ts';

export const init = defineCommand({
  name: 'init',
  summary: 'look at a table and write a commented nlpflow.yaml for it',
  description:
    'Shows what the columns hold, chooses text and outcome and says why; where several fit, it asks and shows the commands to go on. Nothing is overwritten without --force.',
  examples: [
    ['init reviews.csv', 'writes nlpflow.yaml'],
    ['init reviews.csv --outcome "up - down" -o votes.yaml', 'another outcome, another file'],
  ],
  positionals: [{ name: 'data', doc: 'table: .csv or .tsv, plain, .gz or .zst', required: true }],
  options: {
    text: { type: 'string', doc: 'column that holds the text', value: 'COLUMN' },
    outcome: { type: 'string', doc: 'what to predict: a column or an expression', value: 'EXPR' },
    encoding: { type: 'string', doc: 'encoding of the table, e.g. windows-1252' },
    ...DIALECT_OPTIONS,
    output: { type: 'string', short: 'o', doc: 'file to write', value: 'FILE', default: 'nlpflow.yaml' },
    force: { type: 'boolean', doc: 'overwrite the file' },
  },
  handler: async (args, context) => {
    const { initConfig } = await import('../starting.ts');
    await initConfig(args, context);
    return EXIT.ok;
  },
});
