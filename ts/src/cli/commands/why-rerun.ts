import { EXIT } from '../../errors.ts';
import { defineCommand } from '../command.ts';

export const whyRerun = defineCommand({
  name: 'why-rerun',
  summary: 'say why a run computed what it did not reuse',
  description:
    'Names the fields that differed from the nearest earlier tasks, old and new. Threads, paths and machines are part of no key.',
  examples: [['why-rerun last', 'the field behind each stage that was computed']],
  positionals: [{ name: 'run', doc: 'id, name or last', required: true }],
  options: {},
  prints: true,
  handler: async (args, context) => {
    const { explainRun } = await import('../explaining.ts');
    await explainRun(args.run, await context.openStore(), context);
    return EXIT.ok;
  },
});
