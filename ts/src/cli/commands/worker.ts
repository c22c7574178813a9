import { EXIT } from '../../errors.ts';
import { defineCommand } from '../command.ts';

export const worker = defineCommand({
  name: 'worker',
  summary: 'run tasks for the process that started this one, or what this container was started for',
  hidden: true,
  examples: [],
  positionals: [],
  options: {
    manifest: {
      type: 'string',
      doc: 'path in the store of the tasks, of which AWS_BATCH_JOB_ARRAY_INDEX chooses one',
      environment: true,
    },
    finish: { type: 'string', doc: 'run whose end is to be made: selection and fit', environment: true },
  },
  handler: async (args, context) => {
    // The workers of a container have its variables, too, but they have a parent.
    const isAlone = process.send === undefined;
    if (isAlone && args.manifest !== undefined) {
      const [{ assignmentOf, serveAssignment }, { visible }] = await Promise.all([
        import('../../executors/batch/container.ts'),
        import('../../ui/visible.ts'),
      ]);
      const print = (text: string): void => void process.stderr.write(visible(text));
      return serveAssignment(assignmentOf(context.env, args.manifest), await context.openStore(), print);
    }
    if (isAlone && args.finish !== undefined) {
      const { finishRun } = await import('../../executors/batch/detach.ts');
      await finishRun(args.finish, await context.openStore(), context.emit);
      return EXIT.ok;
    }
    const { serveTasks } = await import('../../executors/worker.ts');
    await serveTasks();
    return EXIT.ok;
  },
});
