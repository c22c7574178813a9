// A plan of many boosters on a slow S3: planned with nothing there, then all reused, then listed as gc does. Prints seconds,
// requests and the memory of the process at its peak; fails above two minutes in all.
// node scripts/bench.d/many.mjs [TASKS [MILLISECONDS]]

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { keptObject, startSlowS3 } from './slow-s3.mjs';

const LIMIT_SECONDS = 120;
const FOLDS = 5;
const tasks = Number(process.argv[2] ?? 10_000);
const latency = Number(process.argv[3] ?? 200);
const boosters = Math.ceil(tasks / FOLDS);
const tests = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'ts', 'test', 'flow');
const folder = await mkdtemp(join(tmpdir(), 'nlpflow-bench-many-'));

/** What runs in a process of its own: the flow as the commands call it, on an add-on that trains nothing. */
const PROGRAM = `
import { planFlow, runFlow } from '../../src/flow/run.ts';
import { collect } from '../../src/runs/collect.ts';
import { listRuns } from '../../src/runs/index.ts';
import { openStore } from '../../src/store/open.ts';
const [url, full, config] = process.argv.slice(2);
const phases = {};
const timed = async (name, work) => {
  const started = performance.now();
  const value = await work();
  phases[name] = (performance.now() - started) / 1000;
  return value;
};
const of = JSON.parse(config);
const empty = await openStore(url);
const planned = await timed('planned, nothing there', () => planFlow(of, empty));
const store = await openStore(full);
const preview = await timed('planned, all there', () => planFlow(of, store));
const options = { until: 'tune', workers: 1, emit: () => {}, signal: new AbortController().signal };
let reused = 0;
const emit = ({ event }) => { reused += event === 'task.reused' ? 1 : 0; };
// Another process would have to ask anew.
const again = await openStore(full);
await timed('run, all reused', () => runFlow(of, { ...options, store: again, emit }));
const runs = await timed('runs listed', () => listRuns(again));
const gc = { olderThanMs: 1e9, keep: [], dryRun: true, higherIsBetter: () => false };
await timed('gc --dry-run', () => collect(again, gc));
const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
const [peak, processor] = [maxRSS * 1024, (userCPUTime + systemCPUTime) / 1e6];
process.stdout.write(JSON.stringify({ phases, reused, tasks: planned.plan.tasks.length, present: preview.present.size, runs: runs.length, peak, processor }));
`;

/** Bundles TypeScript for Node; returns the module's path. */
async function bundled(
  /** @type {string} */ name,
  /** @type {string} */ contents,
  format = /** @type {'esm' | 'cjs'} */ ('esm'),
) {
  const outfile = join(folder, `${name}.${format === 'esm' ? 'mjs' : 'cjs'}`);
  const js =
    "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);";
  const stdin = { contents, resolveDir: tests, loader: /** @type {const} */ ('ts') };
  const banner = format === 'esm' ? { banner: { js } } : {};
  await build({ stdin, outfile, bundle: true, platform: 'node', format, ...banner, logLevel: 'error' });
  return outfile;
}

try {
  const native = await bundled('native', "export * from '../contract/fake-native.ts';", 'cjs');
  const parts = await bundled('parts', "export * from '../../src/flow/plan.ts'; export * from './fixture.ts';");
  const program = await bundled('program', PROGRAM);
  const { plan, withConfig } = await import(pathToFileURL(parts).href);
  const fake = createRequire(import.meta.url)(native);
  const source = join(folder, 'data.csv');
  const table = 'description,installed_size\nsome text,1\n';
  await writeFile(source, table);
  const depths = Array.from({ length: 20 }, (_, index) => index + 1);
  const rates = Array.from({ length: Math.ceil(boosters / depths.length) }, (_, index) => (index + 1) / 1_000);
  const grid = { trees: [10], tree_depth: depths, learn_rate: rates };
  const config = withConfig({ data: { source }, tune: { folds: FOLDS, grid } });
  const digest = createHash('sha256').update(table).digest('hex');
  const planned = plan(config, { digest, registry: JSON.parse(fake.describe()) });
  const objects = new Map();
  for (const { stage, key, explain, options } of planned.tasks) {
    const summary = JSON.parse(await fake.stage(stage, options, new fake.CancelToken(), () => {}));
    const bytes = Buffer.from('content');
    const file = `${stage}.bin`;
    const meta = { format: 1, stage, key, explain, summary, files: { [file]: bytes.length } };
    objects.set(`full/stages/${stage}/${key}/${file}`, keptObject(bytes));
    objects.set(`full/stages/${stage}/${key}/stage.json`, keptObject(Buffer.from(JSON.stringify(meta))));
  }
  const server = await startSlowS3(objects, latency);
  const env = {
    PATH: process.env['PATH'],
    NLPFLOW_NATIVE: native,
    NLPFLOW_CACHE: join(folder, 'cache'),
    NLPFLOW_WORKER: program,
    AWS_ENDPOINT_URL_S3: server.endpoint,
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  const args = [program, 's3://bucket/empty', 's3://bucket/full', JSON.stringify(config)];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const said = JSON.parse(await text(child.stdout));
  server.close();
  const total = Object.values(said.phases).reduce((sum, one) => sum + one, 0);
  const lines = [
    `${said.tasks} tasks planned, ${said.present} of them there, ${said.reused} reused by a run; ${latency} ms a request`,
    ...Object.entries(said.phases).map(([name, seconds]) => `${name.padEnd(24)} ${Number(seconds).toFixed(1)} s`),
    `${'in all'.padEnd(24)} ${total.toFixed(1)} s of at most ${LIMIT_SECONDS}`,
    `${'processor time'.padEnd(24)} ${said.processor.toFixed(1)} s`,
    `${'requests'.padEnd(24)} ${server.counts.requests}, at most ${server.counts.most} at once`,
    `${'memory at its peak'.padEnd(24)} ${Math.round(said.peak / 2 ** 20)} MiB`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  if (total > LIMIT_SECONDS || said.present !== said.tasks) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
