/** What every executor must do; a new executor calls this with a way to make it on a store. */

import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/events.ts';
import type { Executor, ExecutorRun, TaskOutcome } from '../../src/executors/executor.ts';
import { keyOf } from '../../src/flow/keys.ts';
import type { Task } from '../../src/flow/task.ts';
import { openFolderStore } from '../../src/store/folder.ts';
import type { Store } from '../../src/store/store.ts';
import { temporaryFolder } from './temporary.ts';

/** A task of the fake add-on; `fake` asks for trouble. */
export function boostTask(name: string, fake?: string): Task {
  const explain = { stage: 'boost', name, fake };
  return {
    id: `boost/${name}/fold1`,
    stage: 'boost',
    key: keyOf(explain),
    label: name,
    explain,
    inputs: {},
    options: {
      engine: 'xgboost',
      parameters: { max_depth: 6, ...(fake ? { fake } : {}) },
      trees: [10],
      metrics: ['rmse'],
    },
  };
}

/** All that came out of a run. */
export async function collect(
  executor: Executor,
  tasks: readonly Task[],
  run: Partial<ExecutorRun> = {},
): Promise<{ outcomes: Map<string, TaskOutcome>; events: Event[] }> {
  const events: Event[] = [];
  const outcomes = new Map<string, TaskOutcome>();
  const emit = (event: Event): void => {
    events.push(event);
    run.emit?.(event);
  };
  const signal = run.signal ?? new AbortController().signal;
  const settings = { workers: 2, threadsPerTask: 1, ...run, emit, signal };
  for await (const outcome of executor.run(tasks, settings)) outcomes.set(outcome.task.label, outcome);
  return { outcomes, events };
}

/** Runs the contract, on folders unless another kind of store is given. */
export function executorContract(
  name: string,
  make: (store: Store) => Executor,
  newStore: () => Promise<Store> = async () => openFolderStore(await temporaryFolder()),
): void {
  async function setUp(): Promise<{ store: Store; executor: Executor }> {
    const store = await newStore();
    return { store, executor: make(store) };
  }

  describe(name, () => {
    test('every task has one outcome and its result is in the store', async () => {
      const { store, executor } = await setUp();
      const tasks = ['a', 'b', 'c', 'd', 'e'].map((label) => boostTask(label));
      const { outcomes, events } = await collect(executor, tasks);
      await executor.close();
      expect([...outcomes.values()].map(({ status }) => status)).toEqual(Array(5).fill('done'));
      for (const task of tasks) {
        expect(await store.has('boost', task.key)).toBe(true);
        expect(outcomes.get(task.label)).toMatchObject({ reused: false, summary: { rounds: 10 } });
      }
      expect(events.filter(({ event }) => event === 'task.start')).toHaveLength(5);
      expect(events.filter(({ event }) => event === 'task.done')).toHaveLength(5);
      expect(events).toContainEqual({
        event: 'task.progress',
        stage: 'boost',
        task: 'boost/a/fold1',
        done: 1,
        total: 2,
        unit: 'rounds',
      });
    });

    test('a result that is there is reused', async () => {
      const { executor } = await setUp();
      await collect(executor, [boostTask('a')]);
      const { outcomes, events } = await collect(executor, [boostTask('a'), boostTask('b')]);
      await executor.close();
      expect(outcomes.get('a')).toMatchObject({ status: 'done', reused: true, summary: { rounds: 10 } });
      expect(outcomes.get('b')).toMatchObject({ status: 'done', reused: false });
      expect(events.map(({ event }) => event)).toContain('task.reused');
    });

    test('a task that fails says why, and the others go on', async () => {
      const { store, executor } = await setUp();
      const bad = boostTask('bad', 'fail');
      const { outcomes, events } = await collect(executor, [boostTask('a'), bad, boostTask('b')]);
      await executor.close();
      const reason = { code: 'OUTCOME_OUT_OF_RANGE', message: 'the outcome is not what this objective needs' };
      expect(outcomes.get('bad')).toMatchObject({ status: 'failed', ...reason });
      expect(events).toContainEqual({ event: 'task.failed', stage: 'boost', task: bad.id, label: 'bad', ...reason });
      expect([outcomes.get('a')?.status, outcomes.get('b')?.status]).toEqual(['done', 'done']);
      expect(await store.has('boost', bad.key)).toBe(false);
    });

    test('an aborted signal stops running tasks and starts no others', async () => {
      const { store, executor } = await setUp();
      const stop = new AbortController();
      const tasks = [boostTask('a', 'hang'), boostTask('b', 'hang'), boostTask('c')];
      const abortAtFirst = (event: Event): void => {
        if (event.event === 'task.progress') stop.abort();
      };
      const { outcomes } = await collect(executor, tasks, { signal: stop.signal, emit: abortAtFirst });
      await executor.close();
      expect([...outcomes.values()].map(({ status }) => status)).toEqual(Array(3).fill('cancelled'));
      for (const { key } of tasks) expect(await store.has('boost', key)).toBe(false);
    });

    test('leaving the loop stops the rest', async () => {
      const { store, executor } = await setUp();
      const hanging = boostTask('b', 'hang');
      const run = { signal: new AbortController().signal, emit: () => {}, workers: 2, threadsPerTask: 1 };
      for await (const outcome of executor.run([boostTask('a'), hanging], run)) {
        expect(outcome.task.label).toBe('a');
        break;
      }
      await executor.close();
      expect(await store.has('boost', hanging.key)).toBe(false);
    });
  });
}
