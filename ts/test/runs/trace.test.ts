/** The rows of a trace and what a run used, where attempts tell of themselves and AWS Batch bills them: each counts once. */

import { expect, test } from 'vitest';
import type { Bill } from '../../src/cost/bill.ts';
import type { TaskAttempt } from '../../src/events.ts';
import { type KeptEvent, traceRows } from '../../src/runs/trace.ts';
import { usageOf } from '../../src/runs/usage.ts';

const BASE = Date.UTC(2026, 10, 24);

function at(seconds: number): string {
  return new Date(BASE + seconds * 1000).toISOString();
}

/** An attempt from one second to another. */
function attempt(from: number, to: number, of: Partial<TaskAttempt> = {}): KeptEvent {
  return {
    event: 'task.attempt',
    time: at(to),
    stage: 'boost',
    task: 'boost/b01/fold1',
    label: 'booster 1, fold 1',
    status: 'done',
    attempt: 1,
    queued: at(0),
    started: at(from),
    ended: at(to),
    host: 'ip-10-0-0-1',
    peak_memory: 1e6,
    cpu_seconds: to - from,
    rounds: 10,
    rounds_per_second: 1,
    vcpus: 1,
    ...of,
  };
}

/** Its bill: a container lives a little longer than the work in it. A second costs a cent. */
function bill(from: number, to: number, of: Partial<Bill> = {}): KeptEvent {
  return {
    event: 'task.bill',
    time: at(1000),
    stage: 'boost',
    task: 'boost/b01/fold1',
    label: 'booster 1, fold 1',
    attempt: 1,
    queued: at(0),
    started: at(from),
    ended: at(to),
    vcpus: 1,
    memory: 4096,
    spot: true,
    cost: (to - from) / 100,
    ...of,
  };
}

const FAILED = { status: 'failed', code: 'OUTCOME_OUT_OF_RANGE' } as const;

function shown(events: readonly KeptEvent[]) {
  return traceRows(events).map(({ status, cost }) => [status, cost]);
}

test.each([
  ['that failed', FAILED],
  ['whose task was left to the last job', { status: 'died', code: 'MEMORY_TOO_SMALL' } as const],
])('an attempt %s in a container that ended well is paid once', (_, of) => {
  const events = [attempt(11, 19, of), bill(10, 20)];
  expect(shown(events)).toEqual([[of.status, 0.1]]);
  const usage = usageOf(events, undefined);
  expect(usage?.dollars).toBeCloseTo(0.1, 12);
  expect(usage?.vcpu_hours).toBeCloseTo(10 / 3600, 12);
});

test('jobs of one task each have a first attempt: a bill goes to the attempt of its own job', () => {
  const died = bill(10, 20, { job: 'one', reason: 'OutOfMemoryError: killed' });
  const second = bill(100, 130, { job: 'two' });
  const done = attempt(101, 129, { job: 'two' });
  const expected = [
    ['done', 0.3],
    ['died', 0.1],
  ];
  expect(shown([done, died, second])).toEqual(expected);
  // The bill of the second comes later.
  expect(shown([done, died])).toEqual([
    ['done', undefined],
    ['died', 0.1],
  ]);
});

test('events of an older nlpflow name no job: the times tell', () => {
  const died = bill(10, 20, { reason: 'Host EC2 (instance i-1) terminated.' });
  expect(shown([attempt(101, 129), died, bill(100, 130)])).toEqual([
    ['done', 0.3],
    ['died', 0.1],
  ]);
  expect(shown([attempt(101, 129), died])).toEqual([
    ['done', undefined],
    ['died', 0.1],
  ]);
});

test('who takes a run over is told of attempts and bills again, which count once', () => {
  const first = [attempt(11, 19, FAILED), bill(10, 20)];
  const second = attempt(31, 39, { attempt: 2 });
  const events = [...first, ...first, second, bill(30, 40, { attempt: 2 }), ...first, second];
  expect(shown(events)).toEqual([
    ['failed', 0.1],
    ['done', 0.1],
  ]);
  expect(usageOf(events, undefined)).toMatchObject({ cpu_seconds: 16, dollars: 0.2, vcpu_hours: 20 / 3600 });
});

test('a task whose result is there has one row, however often it was looked for', () => {
  const reused = { event: 'task.reused', stage: 'corpus', task: 'corpus', label: 'table', time: at(1) } as const;
  expect(shown([reused, reused, attempt(11, 19)])).toEqual([
    ['reused', undefined],
    ['done', undefined],
  ]);
});
