import { EXIT } from '../../errors.ts';
import { defineCommand } from '../command.ts';

export const runsTag = defineCommand({
  name: 'runs tag',
  aliases: ['tag'],
  summary: "change a run's tags, name and note",
  description: 'gc keeps tagged runs. A tag has at least two characters.',
  examples: [
    ['runs tag last +keep -draft', 'adds one tag and takes another off'],
    ['runs tag last --note "before the new stop words"', 'a sentence about it; an empty one removes it'],
  ],
  positionals: [
    { name: 'run', doc: 'id, name or last', required: true },
    { name: 'tags', label: '+TAG|-TAG', doc: 'tags to add or to take off', required: false, rest: true, signed: true },
  ],
  options: {
    name: { type: 'string', doc: 'another name' },
    note: { type: 'string', doc: 'a sentence about the run' },
  },
  handler: async (args, context) => {
    const { labelRun } = await import('../changing.ts');
    await labelRun(args, await context.openStore(), context);
    return EXIT.ok;
  },
});
