import { EXIT } from '../../errors.ts';
import { defineCommand } from '../command.ts';
import { DIALECT_OPTIONS } from '../dialect.ts';

export const predict = defineCommand({
  name: 'predict',
  summary: 'score a table with a saved model: a row in, a row out',
  description:
    'Writes row and prediction in the order of the input; a row that cannot be read has an empty prediction and is counted.',
  examples: [
    ['predict last new.csv -o predictions.csv', 'with the model of the last run'],
    ['predict model.nlpf new.csv.gz -o predictions.parquet --trees 100', 'with the first 100 trees of a model file'],
  ],
  positionals: [
    { name: 'model', doc: 'model file (.nlpf), or a run: its id, its name or last', required: true },
    { name: 'input', doc: 'table with the text column', required: true },
  ],
  options: {
    output: {
      type: 'string',
      short: 'o',
      doc: 'file to write: .csv .parquet .json or .arrow',
      value: 'OUT',
      required: true,
    },
    trees: { type: 'number', doc: 'use the first K trees only', value: 'K' },
    text: {
      type: 'string',
      doc: 'column that holds the text, when it has another name than in training',
      value: 'COLUMN',
    },
    encoding: { type: 'string', doc: 'encoding of the table, e.g. windows-1252' },
    ...DIALECT_OPTIONS,
  },
  handler: async (args, context) => {
    const { predictTable } = await import('../predicting.ts');
    await predictTable(args, context);
    return EXIT.ok;
  },
});
