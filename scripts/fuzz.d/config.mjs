// The target `config` of scripts/fuzz: small changes to configurations, those first that gave an answer of a new kind.
//     node scripts/fuzz.d/config.mjs SECONDS CORPUS FINDING      or      node scripts/fuzz.d/config.mjs --replay FILE
// Prints the number of inputs as its last line; exit code 1 when FINDING was written.

import { createHash, randomInt } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const SEEDS = join(root, 'ts', 'test', 'fuzz', 'seeds');
/** An answer that takes more of the processor is a finding. */
const LONGEST_MS = 10_000;

/** Bundles the parts of the tests that this needs; returns them. */
async function parts() {
  const folder = await mkdtemp(join(tmpdir(), 'nlpflow-fuzz-'));
  try {
    const outfile = join(folder, 'parts.mjs');
    const stdin = {
      contents: "export * from './config.ts'; export * from './mutate.ts';",
      resolveDir: join(root, 'ts', 'test', 'fuzz'),
      loader: /** @type {const} */ ('ts'),
    };
    const js = "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);";
    await build({ stdin, outfile, bundle: true, platform: 'node', format: 'esm', banner: { js }, logLevel: 'error' });
    return await import(pathToFileURL(outfile).href);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The texts of a folder. */
async function textsOf(/** @type {string} */ folder) {
  const names = (await readdir(folder)).toSorted();
  return Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
}

const { checkConfig, mutated, randomFrom } = await parts();

/** What is wrong with the answer to a text; undefined when nothing is. */
function wrongWith(/** @type {string} */ text, /** @type {(kind: string) => void} */ answered) {
  const began = process.cpuUsage();
  try {
    answered(checkConfig(text));
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const took = process.cpuUsage(began).user / 1000;
  return took > LONGEST_MS ? `the answer took ${Math.round(took)} ms of the processor` : undefined;
}

if (process.argv[2] === '--replay') {
  const wrong = wrongWith(await readFile(process.argv[3] ?? '', 'utf8'), (kind) => process.stdout.write(`${kind}\n`));
  if (wrong !== undefined) process.stdout.write(`${wrong}\n`);
  process.exit(wrong === undefined ? 0 : 1);
}

const [seconds, corpus, finding] = [Number(process.argv[2]), process.argv[3] ?? '', process.argv[4] ?? ''];
await mkdir(corpus, { recursive: true });
const texts = [...(await textsOf(SEEDS)), ...(await textsOf(corpus))];
const seed = randomInt(2 ** 31);
const random = randomFrom(seed);
process.stdout.write(`config: random numbers from ${seed}, ${texts.length} texts to begin with\n`);
const kinds = new Set();
const end = performance.now() + 1000 * seconds;
let inputs = 0;
while (inputs < texts.length || performance.now() < end) {
  const fresh = inputs < texts.length ? texts[inputs] : mutated(texts[random(texts.length)], texts, random);
  inputs += 1;
  let isNew = false;
  const wrong = wrongWith(fresh, (kind) => {
    isNew = !kinds.has(kind);
    kinds.add(kind);
  });
  if (wrong !== undefined) {
    await writeFile(finding, fresh);
    process.stdout.write(`${wrong}\nconfig: ${inputs} inputs\n`);
    process.exit(1);
  }
  if (isNew && !texts.includes(fresh)) {
    texts.push(fresh);
    await writeFile(join(corpus, createHash('sha256').update(fresh).digest('hex').slice(0, 16)), fresh);
  }
}
process.stdout.write(`config: ${kinds.size} kinds of answers\nconfig: ${inputs} inputs\n`);
