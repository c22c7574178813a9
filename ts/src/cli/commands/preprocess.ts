import { defineCommand } from '../command.ts';
import { FLOW_OPTIONS } from '../options.ts';

export const preprocess = defineCommand({
  name: 'preprocess',
  summary: 'turn the texts of a table into a document-term matrix',
  description: 'Vocabulary and weights are learned on the training rows and applied to all rows.',
  examples: [
    ['preprocess nlpflow.yaml', 'as the configuration says'],
    ['preprocess reviews.csv --text review --outcome stars', 'a table without a configuration'],
    ['get last matrix -o matrix.csv', 'the matrix as a table: row, col, value'],
  ],
  positionals: [
    {
      name: 'config',
      label: 'CONFIG|DATA',
      doc: 'configuration (default nlpflow.yaml), a table, or an earlier run',
      required: false,
    },
  ],
  options: FLOW_OPTIONS,
  handler: async (args, context) => {
    const { runConfigured } = await import('../flow.ts');
    return runConfigured(args.config, args, { until: 'preprocess', resample: 'if needed' }, context);
  },
});
