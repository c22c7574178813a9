import { defineCommand } from '../command.ts';
import { FLOW_OPTIONS } from '../options.ts';

export const tune = defineCommand({
  name: 'tune',
  summary: 'cross-validate a grid of configurations',
  description: 'Configurations that differ only in trees share one booster: each count of trees is a prefix of it.',
  examples: [
    ['tune nlpflow.yaml', 'the grid of the configuration'],
    ['tune last --grid trees=300,500 --grid learn_rate=0.1,0.3', 'another grid on the data of the last run'],
    ['get last results -o results.csv', 'all configurations as a table'],
  ],
  positionals: [
    {
      name: 'run',
      label: 'RUN|CONFIG',
      doc: 'an earlier run, a configuration (default nlpflow.yaml), or a table',
      required: false,
    },
  ],
  options: FLOW_OPTIONS,
  handler: async (args, context) => {
    const { runConfigured } = await import('../flow.ts');
    return runConfigured(args.run, args, { until: 'tune', resample: 'always' }, context);
  },
});
