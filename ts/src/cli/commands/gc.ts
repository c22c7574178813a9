import { EXIT } from '../../errors.ts';
import { defineCommand } from '../command.ts';

export const gc = defineCommand({
  name: 'gc',
  summary: 'remove old runs, and results that no run refers to',
  description:
    'Safe beside running runs: nothing that one of them uses or may use is removed, nor any result younger than an hour. Tables of --upload-data go when no run reads them any more. best keeps the best run of each table, outcome and metric; last keeps the newest of each name.',
  examples: [
    ['gc --dry-run', 'what would be removed, and how much room that makes'],
    ['gc --older-than 30d --keep best,tagged', 'the defaults'],
    ['gc --older-than 7d --keep tag:release,last', 'other rules'],
  ],
  positionals: [],
  options: {
    'older-than': { type: 'string', doc: 'remove runs that ended longer ago', value: 'SPAN', default: '30d' },
    keep: {
      type: 'string',
      doc: 'runs that stay: best, tagged, last, tag:NAME, or none',
      value: 'RULES',
      default: 'best,tagged',
    },
    'dry-run': { type: 'boolean', doc: 'only say what would be removed' },
  },
  handler: async (args, context) => {
    const { collectGarbage } = await import('../changing.ts');
    await collectGarbage(args, await context.openStore(), context);
    return EXIT.ok;
  },
});
