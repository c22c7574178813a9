import { EXIT } from '../../errors.ts';
import { defineCommand } from '../command.ts';

export const open = defineCommand({
  name: 'open',
  summary: 'open the report of a run in the browser',
  description:
    'Makes the report first when the run has none. Where there is no browser, its path and address are printed.',
  examples: [['open last', 'the report of the last run']],
  positionals: [{ name: 'run', doc: 'id, name or last', required: true }],
  options: {},
  handler: async (args, context) => {
    const { openReport } = await import('../reporting.ts');
    await openReport(args.run, context);
    return EXIT.ok;
  },
});
