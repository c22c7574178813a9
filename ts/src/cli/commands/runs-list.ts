import { EXIT } from '../../errors.ts';
import { defineCommand } from '../command.ts';

export const runsList = defineCommand({
  name: 'runs list',
  aliases: ['runs'],
  summary: 'list the runs of a store, newest first',
  description: 'nlpflow runs alone does the same. A run goes by its id, the start of its id, its name, or last.',
  examples: [
    ['runs', 'newest first'],
    ['runs list --tag keep --sort best', 'tagged runs, the best first'],
    ['runs list --since 7d --status failed', 'what went wrong this week'],
    ['runs --json', 'all of them, for programs'],
  ],
  positionals: [],
  options: {
    status: { type: 'string', doc: 'only these', choices: ['running', 'done', 'failed', 'interrupted'] },
    tag: { type: 'list', doc: 'only runs with this tag; may be repeated' },
    name: { type: 'string', doc: 'only runs with this in their name' },
    since: { type: 'string', doc: 'only runs from a date or a span on, e.g. 2026-11-24 or 7d', value: 'WHEN' },
    sort: {
      type: 'string',
      doc: 'order: best compares runs of one metric',
      choices: ['created', 'best', 'name', 'seconds'],
      default: 'created',
    },
    limit: { type: 'number', doc: 'show so many, 0 for all; default: 50, with --json all' },
  },
  prints: true,
  handler: async (args, context) => {
    const { listRunsOf } = await import('../listing.ts');
    await listRunsOf(args, await context.openStore(), context);
    return EXIT.ok;
  },
});
