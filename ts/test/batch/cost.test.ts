/** What a run on AWS Batch costs, before and after, against what the server says of its attempts; and where it is ended. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Event } from '../../src/events.ts';
import { findRun } from '../../src/runs/index.ts';
import { openFolderStore } from '../../src/store/folder.ts';
import type { BatchServer } from '../batch-server/server.ts';
import { addQueue } from '../batch-server/testing.ts';
import type { BundledCli } from '../cli/bundle-cli.ts';
import { folderWith, runCli } from '../cli/run-cli.ts';
import { ENV } from './project.ts';
import { withBatch } from './world.ts';

let cli: BundledCli;
let server: BatchServer;

// The command looks at the wall's clock, so the server does, too: a second of a task is a second of its bill.
withBatch(
  (world) => {
    ({ cli, server } = world);
    addQueue(server, 'fargate', { type: 'FARGATE' });
  },
  { speed: 1, pace: { grace: 5_000 } },
);
afterEach(() => {
  delete server.account.denied['spot'];
});

const CONFIG = `data: { source: a.csv, text: t, outcome: y }
recipe: [tokenize: words, tfidf]
tune: { folds: 2, grid: { trees: [100], max_depth: [3, 6] } }
`;

async function project() {
  const cwd = await folderWith({ 'nlpflow.yaml': CONFIG, 'a.csv': 't,y\none,1\n' });
  const store = openFolderStore(join(cwd, '.nlpflow'));
  return {
    nlpflow: (line: string) => runCli(line, { cwd, env: ENV, worker: cli.worker }),
    last: () => findRun(store, 'last'),
    bills: async () => {
      const { id } = await findRun(store, 'last');
      const text = await readFile(join(cwd, '.nlpflow', 'runs', id, 'events.jsonl'), 'utf8');
      const events = text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Event);
      return events.filter((event) => event.event === 'task.bill');
    },
  };
}

/** Attempts that started, with their seconds, of the jobs after the first so many. */
function attempts(before: number): number[] {
  return [...server.jobs.values()]
    .slice(before)
    .flatMap((job) =>
      job.attempts.flatMap(({ startedAt, stoppedAt }) =>
        startedAt && stoppedAt ? (stoppedAt - startedAt) / 1000 : [],
      ),
    );
}

test('the cost of a run is that of its attempts on AWS Batch, also of those that ended without a word', async () => {
  const { nlpflow, last, bills } = await project();
  const before = server.jobs.size;
  let killed = 0;
  server.faults.memoryNeeded = ({ tags }) => (tags['nlpflow:stage'] === 'boost' && killed++ === 0 ? 4097 : 0);
  // A second of a vCPU costs a dollar, memory nothing.
  const { code, stdout } = await nlpflow('run --on batch --price-vcpu-hour 3600');
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('foretold $') as string });
  const seconds = attempts(before);
  const record = await last();
  // Features of two folds and of all rows, four boosters of which one is tried again, the fit.
  expect(seconds).toHaveLength(3 + 5 + 1);
  const sum = seconds.reduce((total, one) => total + one, 0);
  expect(record.usage?.dollars).toBeCloseTo(sum, 6);
  const told = await bills();
  expect(told).toHaveLength(seconds.length);
  expect(told.filter(({ reason }) => reason?.startsWith('OutOfMemoryError'))).toHaveLength(1);
  expect(new Set(told.map(({ vcpus, spot }) => `${vcpus} ${spot}`))).toEqual(new Set(['1 true']));
  // What is read on this machine is no part of the bill, and of the hours.
  expect(record.usage?.vcpu_hours).toBeGreaterThan(sum / 3600);
  expect(record.forecast).toMatchObject({ prices: '$3600 a vCPU-hour, as given' });
});

test('prices are those of the Spot history where it may be read, else of the table; Fargate has its own', async () => {
  const { nlpflow, last } = await project();
  const dry = await nlpflow('run --dry-run --on batch');
  expect(dry.stdout).toContain('by the price history of Spot');
  expect(dry.code).toBe(0);
  server.account.denied['spot'] = ['ec2:DescribeSpotPriceHistory'];
  const { code, stderr } = await nlpflow('run --on batch');
  expect(code).toBe(0);
  expect(stderr).toMatch(
    /note: the price history of Spot cannot be read \(.+\): Spot is reckoned by the table of prices/,
  );
  const { forecast, usage } = await last();
  expect(forecast?.prices).toBe(
    'instances m6i Spot at 20 to 75 % of the price by the built-in table of 2026-03-01 for us-east-1 (it has no eu-test-1)',
  );
  // 4 GiB and a vCPU of an m6i, at 40 % of its price, for what the attempts took.
  const hours = forecast?.vcpu_hours.high ?? 0;
  expect(usage?.dollars).toBeGreaterThan(0);
  expect(usage?.dollars).toBeLessThan(hours * 0.048);
  const fargate = await nlpflow('estimate --on batch --queue fargate --execution-role role');
  expect(fargate.stdout).toContain('Fargate by the built-in table of 2026-03-01');
  const missing = await nlpflow('run --dry-run --on batch --queue nowhere');
  expect(missing).toMatchObject({ code: 0, stderr: expect.stringContaining('prices are not known') as string });
});

test('--max-cost submits only what is likely to fit, ends what runs too long, and chooses from the rest', async () => {
  const { nlpflow, last } = await project();
  const before = server.jobs.size;
  // The least that containers take lies below, what they are likely to take above: boosters go in two waves.
  const { code, stderr } = await nlpflow('run --on batch --price-vcpu-hour 3600 --max-cost 140 --grid fake=none,hang');
  expect(stderr).toContain('--max-cost $140.00 is reached');
  expect(code).toBe(0);
  const record = await last();
  expect(record).toMatchObject({ status: 'done', limit: { reached: true } });
  expect(record.best?.values['fake']).toBe('none');
  expect(record.keys.fit).toBeDefined();
  const jobs = [...server.jobs.values()].slice(before).filter(({ parent }) => !parent);
  expect(jobs.filter(({ tags }) => tags['nlpflow:stage'] === 'boost').length).toBeGreaterThan(1);
  // Nothing runs on.
  expect(jobs.every(({ status }) => status === 'SUCCEEDED' || status === 'FAILED')).toBe(true);
});

test('a run that is too dear is refused before anything is submitted, with --detach by the most that it may cost', async () => {
  const { nlpflow } = await project();
  const before = server.jobs.size;
  const dear = await nlpflow('run --on batch --price-vcpu-hour 3600 --max-cost 10');
  expect(dear).toMatchObject({ code: 2, stderr: expect.stringContaining('even the least lies above') as string });
  const away = await nlpflow('run --on batch --price-vcpu-hour 3600 --max-cost 85 --detach');
  expect(away).toMatchObject({ code: 2, stderr: expect.stringContaining('with --detach nobody ends it') as string });
  expect(server.jobs.size).toBe(before);
});

test('a run that was left to itself gets its cost from who attaches to it', async () => {
  const { nlpflow, last } = await project();
  const before = server.jobs.size;
  expect(await nlpflow('run --on batch --detach')).toMatchObject({ code: 0 });
  await expect.poll(async () => (await last()).status, { timeout: 50_000, interval: 500 }).toBe('done');
  await expect
    .poll(() => [...server.jobs.values()].every(({ status }) => status === 'SUCCEEDED' || status === 'FAILED'))
    .toBe(true);
  const { code, stdout } = await nlpflow('attach last --price-vcpu-hour 3600');
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('cost     $') as string });
  const sum = attempts(before).reduce((total, one) => total + one, 0);
  expect((await last()).usage?.dollars).toBeCloseTo(sum, 6);
});
