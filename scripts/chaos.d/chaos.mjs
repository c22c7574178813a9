// What scripts/chaos runs: the kills of ts/test/chaos over the stores that were asked for, and the outcome in words.

import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    store: { type: 'string', default: 'both' },
    seed: { type: 'string', default: '20201225' },
  },
});
const kills = Number(values.kills);
const places = { folder: ['folder'], s3: ['s3'], both: ['folder', 's3'] }[values.store];
if (!places || !Number.isInteger(kills) || kills < places.length) {
  process.stderr.write('scripts/chaos [--kills N] [--store folder|s3|both] [--seed TEXT]\n');
  process.exit(2);
}

const folder = await mkdtemp(join(tmpdir(), 'nlpflow-chaos-'));
const say = (/** @type {string} */ line) => void process.stderr.write(`${line}\n`);

/** Bundles the parts of the tests that this needs; returns them. */
async function parts() {
  const outfile = join(folder, 'parts.mjs');
  const contents = "export * from './chaos.ts'; export * from './cut.ts'; export * from '../s3/server.ts';";
  const js = "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);";
  const stdin = { contents, resolveDir: join(root, 'ts', 'test', 'chaos'), loader: /** @type {const} */ ('ts') };
  await build({ stdin, outfile, bundle: true, platform: 'node', format: 'esm', banner: { js }, logLevel: 'error' });
  return import(pathToFileURL(outfile).href);
}

/** The kills over one kind of store. */
async function over(/** @type {string} */ place, /** @type {number} */ share) {
  const { chaos, startS3 } = await parts();
  const server = place === 's3' ? await startS3() : undefined;
  try {
    // A person's own settings must not get in the way.
    for (const name of Object.keys(process.env)) if (/^(?:AWS|NLPFLOW)_/.test(name)) delete process.env[name];
    Object.assign(process.env, server?.env, { NLPFLOW_CACHE: join(folder, 'cache'), NLPFLOW_CHECKPOINT_ROUNDS: '5' });
    say(`over ${place === 's3' ? 'S3' : 'a folder'}: ${share} kills`);
    const name = () => randomBytes(6).toString('hex');
    return await chaos({
      main: join(root, 'ts', 'dist', 'main.js'),
      project: join(folder, 'project'),
      env: process.env,
      kills: share,
      seed: `${values.seed} ${place}`,
      place: async () => (server ? `s3://${server.bucket}/${name()}` : join(folder, 'stores', name())),
      undisturbed: join(folder, 'undisturbed', place),
      say,
    });
  } finally {
    await server?.close();
  }
}

let violated = 0;
try {
  const { cutProject, KINDS } = await parts();
  await mkdir(join(folder, 'project'));
  const table = join(root, 'examples', 'debian-packages', 'packages.csv.gz');
  await cutProject(table, join(folder, 'project'), 1_500);
  for (const [index, place] of places.entries()) {
    const share = Math.floor(kills / places.length) + (index < kills % places.length ? 1 : 0);
    const report = await over(place, share);
    violated += report.violations.length;
    const counts = KINDS.map((/** @type {string} */ kind) => `${report.kills[kind]} ${kind}`).join(', ');
    const lines = [
      `${place === 's3' ? 'S3' : 'folder'}: ${share} kills (${counts})`,
      `  ${report.runs} runs in ${report.starts} starts; ${report.computed} results computed, none of them twice`,
      `  ${report.resumed} trainings went on from a checkpoint, which saved ${report.rounds} rounds`,
      report.violations.length === 0
        ? '  every run ended with the model and the results of an undisturbed one; nothing half was ever visible'
        : `  ${report.violations.length} VIOLATIONS`,
      ...report.violations.map((/** @type {string} */ violation) => `    ${violation}`),
    ];
    if (report.violations.length > 0) lines[1] = `  ${report.runs} runs in ${report.starts} starts`;
    process.stdout.write(`${lines.join('\n')}\n`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.exitCode = violated === 0 ? 0 : 1;
