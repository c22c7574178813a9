import { EXIT } from '../../errors.ts';
import { defineCommand } from '../command.ts';

export const runsRm = defineCommand({
  name: 'runs rm',
  summary: 'remove runs',
  description: 'Results that they share with other runs stay; gc removes those that no run refers to any more.',
  examples: [['runs rm trial', 'the newest run of a name']],
  positionals: [{ name: 'run', doc: 'id, name or last', required: true, rest: true }],
  options: {},
  handler: async (args, context) => {
    const { removeRuns } = await import('../changing.ts');
    await removeRuns(args.run, await context.openStore(), context);
    return EXIT.ok;
  },
});
