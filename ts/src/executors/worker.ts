/** The side of the worker: what the hidden command `nlpflow worker` does. */

import { once } from 'node:events';
import { asNlpflowError, causesOf, NlpflowError } from '../errors.ts';
import { runTask } from '../flow/task.ts';
import { openStore } from '../store/open.ts';
import type { Store } from '../store/store.ts';
import { type EndingSignal, onEnding } from './ending.ts';
import type { FromWorker, ToWorker } from './protocol.ts';
import { measureUsage } from './usage.ts';

/** A worker whose parent is gone ends after this time even if its native call does not. */
const ORPHAN_GRACE_MS = 3_000;
/** The same for one that is asked to end by SIGTERM or SIGHUP. */
const END_GRACE_MS = 10_000;

/**
 * Runs the tasks that the parent process sends, one at a time, until it disconnects or the system asks it to end. A
 * training that is stopped so leaves a checkpoint.
 * Throws `USAGE` when there is no parent to talk to.
 */
export async function serveTasks(): Promise<void> {
  if (!process.send) {
    throw new NlpflowError('USAGE', 'nlpflow worker is started by nlpflow itself; use nlpflow run');
  }
  // Ctrl-C reaches every process of the terminal; the parent decides what becomes of our task.
  const ignore = (): void => {};
  process.on('SIGINT', ignore);
  const stores = new Map<string, Promise<Store>>();
  let current: { readonly stop: AbortController; readonly done: Promise<void> } | undefined;
  const terminated = new AbortController();
  const listen = (message: ToWorker): void => {
    if (message.type === 'cancel') {
      current?.stop.abort();
      return;
    }
    const stop = new AbortController();
    const store = stores.get(message.store) ?? openStore(message.store);
    stores.set(message.store, store);
    current = { stop, done: runOne(message, store, stop.signal, terminated.signal) };
  };
  process.on('message', listen);
  let by: EndingSignal = 'SIGTERM';
  const stopListening = onEnding((signal) => {
    by = signal;
    terminated.abort();
  });
  await Promise.race([once(process, 'disconnect'), once(terminated.signal, 'abort')]);
  process.off('message', listen);
  // Stop the native call, and if it will not stop, the process.
  const grace = terminated.signal.aborted ? END_GRACE_MS : ORPHAN_GRACE_MS;
  const kill = setTimeout(() => process.kill(process.pid, 'SIGKILL'), grace);
  current?.stop.abort();
  await current?.done;
  clearTimeout(kill);
  process.off('SIGINT', ignore);
  stopListening();
  // The parent has heard nothing of the task and sees what it was that ended us.
  if (terminated.signal.aborted) process.kill(process.pid, by);
}

async function runOne(
  { task, threads }: Extract<ToWorker, { type: 'run' }>,
  store: Promise<Store>,
  signal: AbortSignal,
  terminated: AbortSignal,
): Promise<void> {
  const usage = measureUsage();
  try {
    const progress = (value: Extract<FromWorker, { type: 'progress' }>['progress']): void =>
      tell({ type: 'progress', progress: value });
    const note = (message: string): void => tell({ type: 'note', message });
    const result = await runTask(task, await store, { signal, progress, threads, note });
    tell({ type: 'done', result, usage: usage() });
  } catch (error) {
    // To be asked to end is no failure of the task: another worker takes it.
    if (terminated.aborted) return;
    const { code, message } = asNlpflowError(error);
    tell({ type: 'failed', code, message, causes: causesOf(error), usage: usage() });
  }
}

/** Sends to the parent; a parent that is gone hears nothing, and `disconnect` ends us. */
function tell(message: FromWorker): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}
