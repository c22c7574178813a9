import { defineCommand } from '../command.ts';
import { FLOW_OPTIONS } from '../options.ts';

// What only a run has is left out.
const {
  detach: _detach,
  'dry-run': _dryRun,
  fresh: _fresh,
  'max-cost': _limit,
  name: _name,
  note: _note,
  tag: _tag,
  ...options
} = FLOW_OPTIONS;

export const estimate = defineCommand({
  name: 'estimate',
  summary: 'what a run would take: hours, vCPU-hours, dollars, memory',
  description:
    'Reads the table, makes the features of one fold and trains some rounds of some boosters, 15 seconds at most; a run uses all of it. run --dry-run estimates from what is there already.',
  examples: [
    ['estimate nlpflow.yaml', 'on this machine'],
    ['estimate nlpflow.yaml --on batch --queue fargate-spot --memory 8GiB', 'on AWS Batch; nothing is submitted'],
    ['estimate nlpflow.yaml --price-vcpu-hour 0.05', 'with a price of your own'],
  ],
  positionals: [
    {
      name: 'config',
      label: 'CONFIG',
      doc: 'configuration (default nlpflow.yaml), a table, or an earlier run',
      required: false,
    },
  ],
  options,
  handler: async (args, context) => {
    const { estimateConfigured } = await import('../estimating.ts');
    return estimateConfigured(args.config, args, context);
  },
});
