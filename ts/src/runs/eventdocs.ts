/** What each event means, field by field: the reference's table is made from it, and tests hold runs against it. */

import type { Event } from '../events.ts';

type Fields<Name extends Event['event']> = Exclude<keyof Extract<Event, { event: Name }>, 'event'>;

/** Every event of the format's version, with every field that it may have. */
export const EVENT_DOCS: {
  readonly [Name in Event['event']]: { readonly doc: string; readonly fields: Readonly<Record<Fields<Name>, string>> };
} = {
  'run.start': {
    doc: 'a run begins',
    fields: {
      run: 'its id',
      name: 'its name',
      config: 'path of the configuration, or null',
      store: 'where it is kept; `.` in events.jsonl',
    },
  },
  plan: {
    doc: 'what is to be done',
    fields: {
      configurations: 'points of the grid',
      boosters: 'boosters a fold',
      folds: 'folds',
      recipes: 'different recipes',
      tasks: 'number of tasks by stage',
    },
  },
  estimate: {
    doc: 'what the boosters will need; told before the first starts',
    fields: {
      workers: 'processes that will train at once',
      memoryPerBooster: 'bytes that the largest booster needs',
      memoryAvailable: 'bytes that may be used',
      reason: 'why so many workers',
      work: 'work of all boosters, in steps over values and bins',
      tasks: 'boosters that are missing',
      engine: 'engine of the largest booster',
      seconds: 'time that they will take; absent when that cannot be told',
      basis: 'how the time was found',
    },
  },
  forecast: {
    doc: 'what the whole run will take; told before the tasks that are paid, and again before the boosters',
    fields: {
      tasks: 'tasks that are missing',
      hours: 'elapsed time: low, likely and high',
      vcpu_hours: 'vCPUs times hours: low, likely and high',
      dollars: 'cost: low, likely and high; null where nothing is paid',
      memory: 'bytes that the longest booster needs; null before its features are there',
      busy: 'share of a processor that the calibration had; what runs elsewhere has a whole one',
      basis: 'how the time was found',
      prices: 'where the prices are from, or null',
    },
  },
  'stage.start': {
    doc: 'a stage begins',
    fields: { stage: 'its name', total: 'its tasks', reused: 'those whose result is there' },
  },
  'task.start': { doc: 'a task is handed to a worker', fields: { stage: 'stage', task: 'id', label: 'in words' } },
  'task.reused': { doc: 'the result of a task is there', fields: { stage: 'stage', task: 'id', label: 'in words' } },
  'task.progress': {
    doc: 'how far a task is; not kept in events.jsonl',
    fields: { stage: 'stage', task: 'id', done: 'units done', total: 'units in all', unit: 'rounds, rows or bytes' },
  },
  'task.output': {
    doc: 'what the worker of a task printed; kept in logs/, not in events.jsonl',
    fields: { stage: 'stage', task: 'id', attempt: 'from 1', text: 'the text' },
  },
  'task.attempt': {
    doc: 'a try of a task is over; a row of trace.parquet',
    fields: {
      stage: 'stage',
      task: 'id',
      label: 'in words',
      status: 'done, reused, failed, died (the worker ended) or cancelled',
      attempt: 'from 1',
      job: 'id of its job; on AWS Batch only',
      queued: 'handed to the executor',
      started: 'taken by a worker',
      ended: 'over',
      host: 'machine of the worker',
      peak_memory: 'largest resident memory of the worker in bytes, or null',
      cpu_seconds: 'processor time, or null',
      rounds: 'rounds that were done, or null',
      resumed: 'rounds that a checkpoint saved, which are no part of `rounds`',
      rounds_per_second: 'pace, or null',
      vcpus: 'vCPUs, or threads of this machine, that it had',
      spot: 'whether its machine could be taken away; on AWS Batch only',
      cost: 'dollars, by its own times; absent where nothing is paid',
      code: 'error code of a try that failed',
      message: 'its message',
      causes: 'the chain of its causes',
    },
  },
  'task.bill': {
    doc: 'an attempt as AWS Batch accounts for it; its cost takes the place of that of `task.attempt`',
    fields: {
      stage: 'stage',
      task: 'id',
      label: 'in words',
      attempt: 'from 1, in its job',
      job: 'id of the job',
      queued: 'submitted',
      started: 'startedAt of the attempt',
      ended: 'stoppedAt of the attempt',
      vcpus: 'vCPUs of the container',
      memory: 'MiB of the container',
      spot: 'whether its host could be taken away',
      cost: 'dollars',
      reason: 'why it ended, when it did not end by itself',
    },
  },
  'task.done': {
    doc: 'a task is done',
    fields: { stage: 'stage', task: 'id', label: 'in words', seconds: 'time', summary: 'what the stage tells' },
  },
  'task.failed': {
    doc: 'a task failed for good',
    fields: { stage: 'stage', task: 'id', label: 'in words', code: 'error code', message: 'message' },
  },
  'stage.done': {
    doc: 'a stage is over',
    fields: { stage: 'stage', done: 'computed', reused: 'reused', failed: 'failed', seconds: 'time' },
  },
  warning: { doc: 'something that a person should know', fields: { message: 'message' } },
  note: { doc: 'something that a person may want to know', fields: { message: 'message' } },
  best: {
    doc: 'the best configuration so far',
    fields: {
      configuration: 'its values',
      metric: 'the metric that decides',
      mean: 'mean over the folds',
      std_err: 'standard error, or null',
    },
  },
  'run.done': {
    doc: 'a run is over',
    fields: { run: 'its id', seconds: 'time', status: 'done, failed or interrupted' },
  },
};
