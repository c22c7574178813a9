import { EXIT } from '../../errors.ts';
import { defineCommand } from '../command.ts';

export const worker = defineCommand({
  name: 'worker',
  summary: 'run tasks for the process that started this one, or the task of this container',
  hidden: true,
  examples: [],
  positionals: [],
  options: {
    manifest: {
      type: 'string',
      doc: 'path in the store of the tasks, of which AWS_BATCH_JOB_ARRAY_INDEX chooses one',
      environment: true,
    },
  },
  handler: async (args, context) => {
    if (args.manifest !== undefined) {
      const { assignmentOf, serveAssignment } = await import('../../executors/batch/container.ts');
      return serveAssignment(assignmentOf(context.env, args.manifest), await context.openStore());
    }
    const { serveTasks } = await import('../../executors/worker.ts');
    await serveTasks();
    return EXIT.ok;
  },
});
