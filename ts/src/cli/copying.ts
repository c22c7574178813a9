import { EXIT, type ExitCode, NlpflowError } from '../errors.ts';
import { findRun } from '../runs/index.ts';
import type { Store } from '../store/store.ts';
import { transferRun, type WithStages } from '../store/transfer.ts';
import { bytes, count, plural } from '../ui/format.ts';
import type { Context } from './command.ts';

/** Copies a run between two stores and says what was done. */
export async function copyRun(
  wanted: string,
  from: Store,
  to: Store,
  stages: WithStages,
  context: Context,
): Promise<ExitCode> {
  if (from.url === to.url) {
    throw new NlpflowError('USAGE', `${from.url} is both source and target; --store names the other store`);
  }
  const record = await findRun(from, wanted);
  if (record.status === 'running') {
    context.emit({ event: 'warning', message: `run ${record.id} is still running; copy it again when it has ended` });
  }
  const activity = context.activity(`copying run ${record.id}`);
  const { moved, skipped, absent } = await transferRun(record, from, to, {
    stages,
    signal: context.signal,
    progress: (progress) => activity.progress(progress),
  });
  activity.end();
  context.settle();
  context.out.result('moved', { run: record.id, from: from.url, to: to.url, moved, skipped, absent });
  const size = moved.objects === 0 ? '' : ` (${bytes(moved.bytes)})`;
  const copied = `${plural(moved.objects, 'file')} copied${size}, ${count(skipped.objects)} unchanged`;
  context.out.line(`run ${record.id} is in ${to.url}: ${copied}`);
  if (absent > 0) context.out.line(`${plural(absent, 'result')} of its plan were not in ${from.url}`);
  return EXIT.ok;
}
