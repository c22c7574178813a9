// What `nlpflow estimate` says before three runs that differ in table, recipe, engine and grid, against what the runs then take,
// with one worker: hours and vCPU-hours by the clock, and vCPU-hours by the processor, which what else the machine does
// meanwhile leaves alone. The likely value has to be within a factor of 1.5.

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';

const WITHIN = 1.5;
const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const run = promisify(execFile);

/** @typedef {{ low: number, likely: number, high: number }} Range */
/** @typedef {{ hours: Range, vcpu_hours: Range, busy: number, basis: string }} Forecast */
/** @typedef {{ seconds: number, usage: { vcpu_hours: number, cpu_seconds: number } }} Run */

const RECIPE = (/** @type {number} */ tokens) =>
  `recipe: [tokenize: words, stopwords: { source: snowball, language: en }, tokenfilter: { max_tokens: ${tokens} }, tfidf: {}]`;

const CASES = [
  {
    name: 'example, native, 100 tokens, depth 6 and 12',
    copies: 1,
    rest: `${RECIPE(100)}\nmodel: { objective: reg:squarederror, zeros: value, learn_rate: 0.1 }
tune: { folds: 5, grid: { trees: [300, 500], tree_depth: [6, 12], sample_size: [0.8, 1.0] } }`,
  },
  {
    name: 'three times as many rows, native, 400 tokens, depth 4 and 8',
    copies: 3,
    rest: `${RECIPE(400)}\nmodel: { objective: reg:squarederror, zeros: value, sample_size: 0.8 }
tune: { folds: 3, grid: { trees: [200], tree_depth: [4, 8], learn_rate: [0.1, 0.3] } }`,
  },
  {
    name: 'a fifth of the rows, XGBoost, 50 tokens, depth 3 and 6',
    copies: 0.2,
    rest: `${RECIPE(50)}\nmodel: { engine: xgboost, objective: reg:squarederror, zeros: value }
tune: { folds: 4, grid: { trees: [100], tree_depth: [3, 6], min_n: [1, 20] } }`,
  },
];

/** The records of the example, a part of them or several times over. @param {number} copies */
async function table(copies) {
  const packed = await readFile(join(root, 'examples', 'debian-packages', 'packages.csv.gz'));
  const text = gunzipSync(packed).toString('utf8');
  const body = text.indexOf('\n') + 1;
  if (copies >= 1) return text.slice(0, body) + text.slice(body).repeat(copies);
  // A record ends where a line does outside of quotes.
  let end = body + Math.floor((text.length - body) * copies);
  let quoted = (text.slice(body, end).split('"').length - 1) % 2 === 1;
  while (end < text.length && (quoted || text[end - 1] !== '\n')) {
    if (text[end] === '"') quoted = !quoted;
    end += 1;
  }
  return text.slice(0, end);
}

/** The result of a command line. @param {string} folder @param {readonly string[]} words @param {string} kind */
async function result(folder, words, kind) {
  const main = join(root, 'ts', 'dist', 'main.js');
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('NLPFLOW_')));
  const options = { cwd: folder, env: environment, maxBuffer: 1 << 30 };
  const { stdout } = await run(process.execPath, [main, ...words, '--workers', '1', '--json'], options);
  const events = stdout.split('\n').filter(Boolean);
  const found = events.map((line) => JSON.parse(line)).find((event) => event.event === 'result' && event.kind === kind);
  if (found === undefined) throw new Error(`nlpflow ${words.join(' ')} gave no ${kind}`);
  return found.data;
}

let missed = 0;
for (const { name, copies, rest } of CASES) {
  const folder = await mkdtemp(join(tmpdir(), 'nlpflow-estimate-'));
  try {
    await writeFile(join(folder, 'data.csv'), await table(copies));
    const data = 'data: { source: data.csv, text: description, outcome: log1p(installed_size) }';
    await writeFile(join(folder, 'nlpflow.yaml'), `${data}\n${rest}\n`);
    const said = /** @type {Forecast} */ (await result(folder, ['estimate'], 'forecast'));
    const took = /** @type {Run} */ (await result(folder, ['run'], 'run'));
    console.log(`\n${name}: by ${said.basis}; ${Math.round(said.busy * 100)} % of a processor`);
    const rows = /** @type {[string, Range, number][]} */ ([
      ['hours', said.hours, took.seconds / 3600],
      ['vCPU-hours', said.vcpu_hours, took.usage.vcpu_hours],
      ['by the processor', scaled(said.vcpu_hours, said.busy), took.usage.cpu_seconds / 3600],
    ]);
    for (const [what, { low, likely, high }, actual] of rows) {
      const factor = Math.max(actual / likely, likely / actual);
      const isMet = factor <= WITHIN;
      missed += isMet ? 0 : 1;
      const numbers = [low, likely, high, actual]
        .map((hours) => `${(hours * 3600).toFixed(1)} s`.padStart(9))
        .join(' ');
      console.log(`  ${what.padEnd(17)}${numbers}   factor ${factor.toFixed(2)}  ${isMet ? 'met' : 'MISSED'}`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
console.log(
  `\ncolumns: low, likely, high, actual; within a factor of ${WITHIN}: ${missed === 0 ? 'met' : `MISSED ${missed} times`}`,
);
process.exitCode = missed === 0 ? 0 : 1;

/** @param {Range} range @param {number} by @returns {Range} */
function scaled({ low, likely, high }, by) {
  return { low: low * by, likely: likely * by, high: high * by };
}
