/** What a meter counts, where attempts tell of themselves, are billed later, or end without a word: each counts once. */

import { expect, test } from 'vitest';
import type { Bill } from '../../src/cost/bill.ts';
import { Meter, type MeterOptions } from '../../src/cost/meter.ts';
import { hereTariff } from '../../src/cost/tariff.ts';
import type { TaskAttempt } from '../../src/events.ts';
import type { Executor, SeenAttempt } from '../../src/executors/executor.ts';
import type { Task } from '../../src/flow/task.ts';

const TASK = 'boost/b01/fold1';
const BASE = Date.now() - 3_600_000;

/** A time, in seconds. */
function at(seconds: number): string {
  return new Date(BASE + seconds * 1000).toISOString();
}

/** An attempt by its own word; a second costs a dollar. */
function told(from: number, to: number, of: Partial<TaskAttempt> = {}): TaskAttempt {
  const measured = { peak_memory: null, cpu_seconds: null, rounds: null, rounds_per_second: null, host: 'there' };
  const what = { stage: 'boost', task: TASK, label: 'booster', status: 'done', attempt: 1 } as const;
  return { ...what, ...measured, queued: at(from), started: at(from), ended: at(to), ...of };
}

/** An attempt by its bill, at another price. */
function bill(from: number, to: number, of: Partial<Bill> = {}): Bill {
  const what = { stage: 'boost', task: TASK, label: 'booster', attempt: 1 } as const;
  const cost = (to - from) / 10;
  return { ...what, queued: at(from), started: at(from), ended: at(to), vcpus: 1, memory: 1, spot: true, cost, ...of };
}

/** An attempt that was seen at work, begun so many seconds ago. */
function running(seconds: number, of: Partial<SeenAttempt> = {}): SeenAttempt {
  const started = new Date(Date.now() - seconds * 1000).toISOString();
  return { task: TASK, attempt: 1, job: 'one', started, seconds, ...of };
}

/** What an executor tells while it works, and what is billed afterwards. */
interface Story {
  readonly attempts?: readonly TaskAttempt[];
  readonly bills?: readonly Bill[];
  readonly options?: MeterOptions;
  /** While it runs. */
  readonly work?: (seen: (attempt: SeenAttempt) => void, meter: Meter) => void | Promise<void>;
}

/** Plays a story. */
async function play({ attempts = [], bills = [], options = {}, work }: Story): Promise<Meter> {
  const task = { id: TASK, stage: 'boost', label: 'booster' } as unknown as Task;
  const inner: Executor = {
    tariff: async () => hereTariff({ vcpuHour: 3600 } as never, 1),
    bills: async () => bills,
    close: async () => {},
    async *run([one], { emit, seen }) {
      await work?.((attempt) => seen?.(attempt), meter);
      for (const attempt of attempts) emit({ event: 'task.attempt', ...attempt });
      yield { task: one as Task, status: 'done', seconds: 0, reused: false, summary: null };
    },
  };
  const meter = new Meter(inner, { limit: 1e6, ...options });
  const signal = new AbortController().signal;
  for await (const _ of meter.run([task], { signal, emit: () => {}, workers: 1, threadsPerTask: 1 })) {
  }
  return meter;
}

test('an attempt whose bill is gone and one that left no word both count', async () => {
  const attempts = [told(0, 50, { job: 'one', status: 'died' })];
  const bills = [bill(100, 170, { job: 'two' })];
  expect((await play({ attempts, bills })).spent).toBeCloseTo(50 + 7, 9);
});

test('an attempt that is told and billed counts by its bill, whichever is more', async () => {
  const attempts = [told(0, 50, { job: 'one', status: 'died' }), told(61, 69, { attempt: 2, job: 'one' })];
  const bills = [bill(0, 52, { job: 'one' }), bill(60, 70, { attempt: 2, job: 'one', cost: 30 })];
  expect((await play({ attempts, bills })).spent).toBeCloseTo(5.2 + 30, 9);
});

test('who goes on with a run is told of its attempts and bills again, and counts them once', async () => {
  const spent = [
    { ...told(0, 50, { job: 'one' }), cost: 50 },
    { ...told(60, 70, { attempt: 2, job: 'one' }), cost: 1 },
  ];
  const attempts = [told(0, 50, { job: 'one' }), told(100, 120, { job: 'two' })];
  const bills = [bill(59, 71, { attempt: 2, job: 'one' }), bill(200, 230, { job: 'three' })];
  const meter = await play({ attempts, bills, options: { spent } });
  expect(meter.spent).toBeCloseTo(50 + 1.2 + 20 + 3, 9);
});

test('an attempt that is found at work has cost since it began, also where its last sign is old or its clock is wrong', async () => {
  const found: number[] = [];
  for (const attempt of [
    running(40),
    running(40, { seconds: 5 }),
    // An hour ahead, and an hour behind.
    running(-3600, { seconds: 40 }),
    running(3600, { seconds: 40 }),
  ]) {
    await play({
      work: (seen, meter) => {
        seen(attempt);
        found.push(meter.spent);
      },
    });
  }
  expect(found.map(Math.round)).toEqual([40, 40, 40, 160]);
});

test('a second attempt costs while it runs, and the first that left no word until its last sign', async () => {
  const second = running(10, { attempt: 2 });
  let spent = 0;
  const meter = await play({
    work: async (seen, of) => {
      seen(running(30));
      seen(second);
      spent = of.spent;
      await new Promise((resolve) => setTimeout(resolve, 60));
      expect(of.spent - spent).toBeGreaterThanOrEqual(0.05);
      seen({ ...second, seconds: 12 });
      expect(Math.round(of.spent)).toBe(42);
    },
  });
  expect(Math.round(spent)).toBe(40);
  // Stopped without a word it cost until then, and no longer.
  const after = meter.spent;
  expect(Math.round(after)).toBe(42);
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(meter.spent).toBe(after);
});

test('an attempt that AWS Batch knows to be over costs what it took, told of or not', async () => {
  const over = running(100, { seconds: 25, isOver: true });
  const known = told(0, 20, { attempt: 2, job: 'one' });
  const meter = await play({
    attempts: [known],
    work: (seen, of) => {
      seen(running(100, { seconds: 90 }));
      seen(over);
      expect(of.spent).toBeCloseTo(25, 9);
    },
  });
  expect(meter.spent).toBeCloseTo(25 + 20, 9);
});

test('an attempt that is billed before its last word was read counts once, before and after', async () => {
  const one = running(40);
  const ended = new Date(Date.parse(one.started) + 41_000).toISOString();
  const paid = bill(0, 0, { job: 'one', started: one.started, ended, cost: 4 });
  const meter = await play({ bills: [paid], work: (seen) => seen(one) });
  expect(meter.spent).toBeCloseTo(4, 9);
  const word = told(0, 0, { job: 'one', started: one.started, ended });
  expect((await play({ bills: [paid], attempts: [word], work: (seen) => seen(one) })).spent).toBeCloseTo(4, 9);
});
