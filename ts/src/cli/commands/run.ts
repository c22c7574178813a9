import { defineCommand } from '../command.ts';
import { FLOW_OPTIONS } from '../options.ts';

export const run = defineCommand({
  name: 'run',
  summary: 'preprocess, tune and fit: from a table to a tested, saved model',
  description: 'What an earlier run has done already is reused, also of a run that was interrupted.',
  examples: [
    ['run nlpflow.yaml', 'everything that the configuration asks for'],
    ['run nlpflow.yaml --grid trees=300,500 --workers 2', 'another grid, two processes'],
    ['run nlpflow.yaml --dry-run', 'what would be done'],
    ['run reviews.csv', 'a table: text and outcome are chosen as by init'],
  ],
  positionals: [
    {
      name: 'config',
      label: 'CONFIG',
      doc: 'configuration (default nlpflow.yaml), a table, or an earlier run',
      required: false,
    },
  ],
  options: FLOW_OPTIONS,
  handler: async (args, context) => {
    const { runConfigured } = await import('../flow.ts');
    return runConfigured(args.config, args, { until: 'fit', resample: 'always' }, context);
  },
});
