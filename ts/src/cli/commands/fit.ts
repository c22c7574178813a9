import { defineCommand } from '../command.ts';
import { FLOW_OPTIONS } from '../options.ts';

export const fit = defineCommand({
  name: 'fit',
  summary: 'fit the best configuration on all training rows and test it',
  description: 'Does what is missing before it. A single configuration needs no cross-validation.',
  examples: [
    ['fit last', 'the best configuration of the last run'],
    ['fit nlpflow.yaml --set tune.grid={} --set model.trees=300', 'one given configuration'],
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
    return runConfigured(args.run, args, { until: 'fit', resample: 'if needed' }, context);
  },
});
