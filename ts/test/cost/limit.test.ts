/** `--max-cost` and what a run cost, by the command line, on this machine at a price. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { Meter } from '../../src/cost/meter.ts';
import { exactly } from '../../src/cost/range.ts';
import { hereTariff } from '../../src/cost/tariff.ts';
import type { Event } from '../../src/events.ts';
import type { Executor } from '../../src/executors/executor.ts';
import type { Task } from '../../src/flow/task.ts';
import { findRun } from '../../src/runs/index.ts';
import { openFolderStore } from '../../src/store/folder.ts';
import { type BundledCli, bundleCli } from '../cli/bundle-cli.ts';
import { folderWith, runCli } from '../cli/run-cli.ts';

let cli: BundledCli;

beforeAll(async () => {
  cli = await bundleCli('fake');
});

/** A second of a worker costs a dollar. */
const PRICE = '--workers 1 --price-vcpu-hour 3600';

async function project(grid = 'trees: [100, 200]') {
  const config = `data: { source: a.csv, text: t, outcome: y }\nrecipe: [tokenize: words, tfidf]\ntune: { folds: 2, grid: { ${grid} } }\n`;
  const cwd = await folderWith({ 'nlpflow.yaml': config, 'a.csv': 't,y\none,1\n' });
  const store = openFolderStore(join(cwd, '.nlpflow'));
  return {
    cwd,
    nlpflow: (line: string) => runCli(line, { cwd, worker: cli.worker }),
    last: () => findRun(store, 'last'),
    stages: async (stage: string) => {
      const paths: string[] = [];
      for await (const { path } of store.list(`stages/${stage}/`)) paths.push(path);
      return paths;
    },
  };
}

test('what is spent ends the boosters that run, chooses from the complete ones, and goes on with more', async () => {
  const { cwd, nlpflow, last } = await project();
  // What comes before the boosters is there, so that the limit is about them.
  await nlpflow('run --workers 1 --grid trees=100');
  const grid = `--grid fake=none,hang-once:${join(cwd, 'hung')}`;
  const { code, stderr, stdout } = await nlpflow(`run ${PRICE} --max-cost 12 ${grid}`);
  expect(stderr).toContain('--max-cost $12.00 is reached: 2 of 4 configurations were left out (cfg02, cfg04)');
  expect(stdout).toContain('limit    --max-cost $12.00 was reached: 2 of 4 configurations left out');
  expect(stdout).toContain('! not all folds are there, so it cannot be selected');
  expect(code).toBe(0);
  const record = await last();
  expect(record).toMatchObject({ status: 'done', failures: [], best: { id: 'cfg03' } });
  expect(record.limit).toEqual({ dollars: 12, reached: true, left_out: ['cfg02', 'cfg04'] });
  expect(record.keys.fit).toBeDefined();
  // The rest was kept for the final fit, and the machine spent what its tasks took.
  expect(record.usage?.dollars).toBeGreaterThan(6);
  expect(record.usage?.dollars).toBeLessThan(16);
  expect(record.usage?.vcpu_hours).toBeCloseTo((record.usage?.dollars ?? 0) / 3600, 6);
  const shown = (await nlpflow('runs show last')).stdout;
  expect(shown).toContain('--max-cost $12.00, reached; left out: cfg02, cfg04');
  const more = await nlpflow(`run ${PRICE} --max-cost 400 ${grid}`);
  expect(more).toMatchObject({ code: 0 });
  expect((await last()).limit).toEqual({ dollars: 400, reached: false, left_out: [] });
  expect((await last()).results?.every(({ complete }) => complete)).toBe(true);
});

test('a run whose least cost lies above the limit is refused before anything that costs', async () => {
  const { nlpflow, last, stages } = await project();
  const { code, stderr } = await nlpflow('run --workers 1 --price-vcpu-hour 3600000 --max-cost 5');
  expect(code).toBe(2);
  expect(stderr).toContain('even the least lies above --max-cost $5.00, and nothing was started');
  expect(await last()).toMatchObject({ status: 'failed', error: { code: 'COST_TOO_HIGH' }, limit: { dollars: 5 } });
  expect(await stages('corpus')).toEqual([]);
});

test('when nothing is complete, that is what the error says', async () => {
  const { nlpflow, last } = await project();
  await nlpflow('run --workers 1 --grid trees=100');
  const { code, stderr } = await nlpflow(`run ${PRICE} --max-cost 4 --grid fake=hang`);
  expect(code).toBe(5);
  expect(stderr).toContain('no configuration was completed within --max-cost $4.00');
  expect(await last()).toMatchObject({ status: 'failed', error: { code: 'COST_LIMIT' }, limit: { reached: true } });
});

test('each attempt has its price, and the sum is that of the run', async () => {
  const { cwd, nlpflow, last } = await project();
  expect(await nlpflow(`run ${PRICE}`)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/cost {5}\$/) as string,
  });
  const record = await last();
  const text = await readFile(join(cwd, '.nlpflow', 'runs', record.id, 'events.jsonl'), 'utf8');
  const events = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Event);
  const attempts = events.filter((event) => event.event === 'task.attempt');
  expect(attempts).toHaveLength(1 + 1 + 3 + 2 + 1);
  for (const { cost, vcpus, started, ended } of attempts) {
    expect(vcpus).toBeGreaterThan(0);
    expect(cost).toBeCloseTo(((Date.parse(ended) - Date.parse(started)) / 1000) * (vcpus ?? 0), 6);
  }
  const sum = attempts.reduce((total, { cost = 0 }) => total + cost, 0);
  expect(record.usage?.dollars).toBeCloseTo(sum, 9);
  expect(record.forecast?.prices).toBe('$3600 a vCPU-hour, as given');
  const { low, likely, high } = record.forecast?.dollars ?? exactly(-1);
  expect(low).toBeLessThan(likely);
  expect(likely).toBeLessThan(high);
});

test('without a price nothing is said of money, and a limit asks for one', async () => {
  const { nlpflow, last } = await project();
  const { code, stdout, stderr } = await nlpflow('run --workers 1');
  expect(code).toBe(0);
  expect(stdout + stderr).not.toMatch(/\$|cost/);
  expect((await last()).usage?.dollars).toBeNull();
  const limited = await nlpflow('run --max-cost 3');
  expect(limited).toMatchObject({ code: 2, stderr: expect.stringContaining('give --price-vcpu-hour') as string });
  expect((await nlpflow('run --max-cost 0 --price-vcpu-hour 1')).stderr).toContain('must be above 0 dollars');
  expect((await nlpflow('run --price-gb-hour 1')).stderr).toContain('goes with --price-vcpu-hour');
});

test('estimate calibrates once, keeps it beside the features, and --dry-run uses it', async () => {
  const { nlpflow, stages } = await project('trees: [200], fake: [rounds]');
  const guess = (await nlpflow('run --dry-run')).stdout;
  expect(guess).toContain('by a guess: the features are not there yet');
  expect(await stages('features')).toEqual([]);
  const first = await nlpflow('estimate --price-vcpu-hour 1');
  expect(first.stdout).toMatch(/by a calibration of 1 booster: \d+ rounds in # s; \$1 a vCPU-hour, as given/);
  expect(first.stdout).toMatch(/^cost +\$\S+ +\$\S+ +\$\S+$/m);
  expect(first.code).toBe(0);
  // Features of one fold, which the run uses; no booster.
  expect((await stages('features')).filter((path) => path.endsWith('stage.json'))).toHaveLength(1);
  expect(await stages('boost')).toEqual([]);
  expect((await nlpflow('estimate')).stdout).toContain('by an earlier calibration of 1 booster');
  const planned = await nlpflow('run --dry-run --json');
  const { data: forecast } = JSON.parse(
    planned.stdout.split('\n').find((line) => line.includes('"forecast"')) ?? '{}',
  ) as { data?: { basis: string; hours: { likely: number } } };
  expect(forecast?.basis).toBe('an earlier calibration of 1 booster');
  // Two boosters of 200 rounds of 20 ms.
  expect((forecast?.hours.likely ?? 0) * 3600).toBeGreaterThan(3);
});

/** An executor whose tasks take their expected time, times a factor, by what their attempts say. */
function played(factor: number, started: string[]): Executor {
  return {
    tariff: async () => hereTariff({ table: {} as never, vcpuHour: 3600 }, 1),
    run: async function* (tasks, { emit }) {
      for (const task of tasks) {
        started.push(task.id);
        const { id, stage, label } = task;
        const ended = new Date(Date.parse('2026-01-01') + 1000 * factor).toISOString();
        const times = { queued: '2026-01-01', started: '2026-01-01', ended };
        const measured = { peak_memory: null, cpu_seconds: null, rounds: null, rounds_per_second: null };
        emit({
          event: 'task.attempt',
          task: id,
          stage,
          label,
          status: 'done',
          attempt: 1,
          host: 'h',
          ...times,
          ...measured,
        });
        yield { task, status: 'done', seconds: 1, reused: false, summary: {} };
      }
    },
    close: async () => {},
  };
}

async function metered(limit: number, factor: number) {
  const tasks = Array.from({ length: 10 }, (_, index): Task => {
    const id = `boost/b${String(Math.floor(index / 2)).padStart(2, '0')}/fold${(index % 2) + 1}`;
    return { id, stage: 'boost', key: id, label: id, explain: {}, inputs: {}, options: {} };
  });
  const started: string[] = [];
  const meter = new Meter(played(factor, started), { limit });
  meter.expect(new Map(tasks.map(({ id }) => [id, { low: 1, likely: 1, high: 2 }])), exactly(2));
  const outcomes: string[] = [];
  const run = { signal: new AbortController().signal, emit: () => {}, workers: 1, threadsPerTask: 1 };
  for await (const { task, status } of meter.run(tasks, run)) outcomes.push(`${task.id} ${status}`);
  return { meter, started, outcomes };
}

test('only boosters that are likely to fit are started, all their folds or none, with the fit kept in reserve', async () => {
  // Two dollars each booster; of ten, 2 × 1.25 are kept for the fit: three fit.
  const { meter, started, outcomes } = await metered(10, 1);
  expect(started).toEqual(['b00', 'b01', 'b02'].flatMap((id) => [`boost/${id}/fold1`, `boost/${id}/fold2`]));
  expect(meter.spent).toBeCloseTo(6, 6);
  expect(meter.leftOut.map(({ id }) => id)).toEqual(outcomes.slice(6).map((one) => one.replace(' cancelled', '')));
  expect(outcomes).toHaveLength(10);
});

test('what tasks really cost decides how many more are started', async () => {
  expect((await metered(10, 3)).started).toHaveLength(2);
  expect((await metered(10, 0.5)).started).toHaveLength(10 - 2 * 0);
  expect((await metered(100, 1)).started).toHaveLength(10);
  expect((await metered(3, 1)).started).toHaveLength(0);
});

test('a second attempt costs while it runs, not only once it is over', async () => {
  const task = { id: 'boost/b01/fold1', stage: 'boost', label: 'booster' } as unknown as Task;
  let spentMeanwhile = 0;
  const inner: Executor = {
    tariff: async () => hereTariff({ vcpuHour: 3600 } as never, 1),
    close: async () => {},
    async *run([one], { emit, seen }) {
      const of = { stage: 'boost', task: task.id, label: 'booster' } as const;
      const now = new Date().toISOString();
      const none = { peak_memory: null, cpu_seconds: null, rounds: null, rounds_per_second: null, host: 'here' };
      emit({ event: 'task.start', ...of });
      seen?.({ task: task.id, attempt: 1, started: now, seconds: 0 });
      emit({
        event: 'task.attempt',
        ...of,
        ...none,
        status: 'died',
        attempt: 1,
        queued: now,
        started: now,
        ended: now,
      });
      seen?.({ task: task.id, attempt: 2, started: now, seconds: 0 });
      const before = meter.spent;
      const begun = Date.now();
      while (Date.now() - begun < 60) await new Promise((resolve) => setTimeout(resolve, 10));
      spentMeanwhile = meter.spent - before;
      const ended = new Date().toISOString();
      emit({ event: 'task.attempt', ...of, ...none, status: 'done', attempt: 2, queued: now, started: now, ended });
      emit({ event: 'task.done', ...of, seconds: 0, summary: null });
      yield { task: one as Task, status: 'done', seconds: 0, reused: false, summary: null };
    },
  };
  const meter = new Meter(inner, { limit: 1000 });
  const signal = new AbortController().signal;
  for await (const _ of meter.run([task], { signal, emit: () => {}, workers: 1, threadsPerTask: 1 })) {
  }
  // A second costs a dollar.
  expect(spentMeanwhile).toBeGreaterThanOrEqual(0.05);
  const after = meter.spent;
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(meter.spent).toBe(after);
});
