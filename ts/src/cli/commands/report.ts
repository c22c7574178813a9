import { EXIT } from '../../errors.ts';
import { defineCommand } from '../command.ts';

export const report = defineCommand({
  name: 'report',
  summary: 'write the report of a run: one HTML page that needs no network',
  description:
    'Data, recipe, vocabulary, all configurations, predictions, residuals, importance, time and lineage. It is kept as report.html beside the files of the run, also written to FILE when one is named.',
  examples: [
    ['report last', 'the report of the last run'],
    ['report last -o report.html', 'a copy to send away'],
  ],
  positionals: [{ name: 'run', doc: 'id, name or last', required: true }],
  options: {
    output: { type: 'string', short: 'o', doc: 'file to write, too', value: 'FILE' },
  },
  handler: async (args, context) => {
    const { reportOf } = await import('../reporting.ts');
    await reportOf(args.run, args.output, context);
    return EXIT.ok;
  },
});
