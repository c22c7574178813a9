import type { Event } from '../../src/events.ts';

/** How many of the events have happened when two tasks are running. */
export const TWO_RUNNING = 16;

/** The events of a small run with a reused stage and a failed task, and the seconds at which they happen. */
export const EVENTS: readonly (readonly [seconds: number, event: Event])[] = [
  [
    0,
    {
      event: 'run.start',
      run: '20261124-031834-ab2c',
      name: 'debian-packages',
      config: 'nlpflow.yaml',
      store: '.nlpflow',
    },
  ],
  [
    0,
    {
      event: 'plan',
      configurations: 4,
      boosters: 2,
      folds: 2,
      recipes: 1,
      tasks: { corpus: 1, split: 1, features: 3, boost: 4, fit: 1 },
    },
  ],
  [0, { event: 'stage.start', stage: 'corpus', total: 1, reused: 0 }],
  [0, { event: 'task.start', stage: 'corpus', task: 'corpus', label: 'corpus' }],
  [1, { event: 'task.progress', stage: 'corpus', task: 'corpus', done: 1_500_000, total: 3_000_000, unit: 'bytes' }],
  [
    3,
    {
      event: 'task.done',
      stage: 'corpus',
      task: 'corpus',
      label: 'corpus',
      seconds: 3,
      summary: { records: 63_666, documents: 63_664, tokens: 4_200_000, terms: 91_000, bad_rows: 2 },
    },
  ],
  [3, { event: 'stage.done', stage: 'corpus', done: 1, reused: 0, failed: 0, seconds: 3 }],
  [3, { event: 'warning', message: '2 bad rows were skipped; nlpflow get last bad_rows -o bad.csv shows them' }],
  [3, { event: 'stage.start', stage: 'split', total: 1, reused: 1 }],
  [3, { event: 'stage.done', stage: 'split', done: 0, reused: 1, failed: 0, seconds: 0 }],
  [
    3,
    {
      event: 'estimate',
      workers: 2,
      memoryPerBooster: 314_572_800,
      memoryAvailable: 6_442_450_944,
      reason: '2 workers: one a core (a booster needs up to 300 MiB, 6.0 GiB may be used)',
    },
  ],
  [3, { event: 'stage.start', stage: 'boost', total: 4, reused: 1 }],
  [3, { event: 'task.start', stage: 'boost', task: 'boost/b01/fold2', label: 'tree_depth 6, fold 2' }],
  [3, { event: 'task.start', stage: 'boost', task: 'boost/b02/fold1', label: 'tree_depth 12, fold 1' }],
  [15, { event: 'task.progress', stage: 'boost', task: 'boost/b01/fold2', done: 250, total: 500, unit: 'rounds' }],
  [16, { event: 'task.progress', stage: 'boost', task: 'boost/b02/fold1', done: 100, total: 500, unit: 'rounds' }],
  [
    23,
    {
      event: 'task.done',
      stage: 'boost',
      task: 'boost/b01/fold2',
      label: 'tree_depth 6, fold 2',
      seconds: 20,
      summary: { rounds: 500, metrics: [] },
    },
  ],
  [
    24,
    {
      event: 'task.failed',
      stage: 'boost',
      task: 'boost/b02/fold1',
      label: 'tree_depth 12, fold 1',
      code: 'WORKER_DIED',
      message: 'the worker was killed (SIGKILL)',
    },
  ],
  [
    24,
    { event: 'best', configuration: { trees: 500, tree_depth: 6 }, metric: 'rmse', mean: 1.234_567, std_err: 0.0123 },
  ],
];

/** What follows when the run ends. */
export const ENDING: readonly (readonly [seconds: number, event: Event])[] = [
  [30, { event: 'stage.done', stage: 'boost', done: 2, reused: 1, failed: 1, seconds: 27 }],
  [31, { event: 'run.done', run: '20261124-031834-ab2c', seconds: 31, status: 'failed' }],
];
