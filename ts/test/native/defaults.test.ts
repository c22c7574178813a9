/** The defaults that the registry tells, and with it the reference: leaving a parameter out is the same as giving it. */

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plan } from '../../src/flow/plan.ts';
import { runStage } from '../../src/native/binding.ts';
import { type ParamSpec, registry } from '../../src/native/registry.ts';
import { withConfig } from '../flow/fixture.ts';
import { BUILT } from './built.ts';

const NOUNS = 'apple bridge candle desert engine forest guitar harbor island jacket'.split(' ');

let folder: string;
let made = 0;

/** A folder for a result. */
async function fresh(): Promise<string> {
  made += 1;
  const path = join(folder, String(made));
  await mkdir(path);
  return path;
}

/** Features of one fold of 300 texts whose outcome, between 0 and 1, follows from their words. */
let features: string;

beforeAll(async () => {
  if (!BUILT) return;
  folder = await mkdtemp(join(tmpdir(), 'nlpflow-defaults-'));
  const rows = Array.from({ length: 300 }, (_, row) => {
    const words = NOUNS.filter((_word, index) => ((row + 1) * (index * index + 3)) % 7 < 3);
    return `${words.join(' ')} the,${((words.length * 37 + row * row) % 100) / 100 + 0.001}`;
  });
  const input = join(folder, 'data.csv');
  await writeFile(input, `text,y\n${rows.join('\n')}\n`);
  const [corpus, split] = [await fresh(), await fresh()];
  features = await fresh();
  const policy = { na: 'empty', empty: 'keep', max_bad_rows: 0 } as const;
  await runStage('corpus', {
    input,
    text: 'text',
    outcome: 'y',
    ...policy,
    tokenize: { words: {} },
    threads: 1,
    out: corpus,
  });
  await runStage('split', { corpus, prop: 0.8, seed: 1, folds: 2, threads: 1, out: split });
  const recipe = [{ tokenize: { words: {} } }, { tfidf: {} }];
  await runStage('features', { corpus, split, fold: 1, recipe, threads: 1, out: features });
});
afterAll(async () => {
  if (BUILT) await rm(folder, { recursive: true });
});

async function metricsOf(engine: string, parameters: Record<string, unknown>): Promise<unknown> {
  const metrics = registry().metrics.map(({ name }) => name);
  const options = { features, engine, parameters, trees: [6], metrics, threads: 1, out: await fresh() };
  return runStage('boost', options);
}

/** The objective that a parameter is for, as its text says. */
function objectiveOf({ name, doc }: ParamSpec): string {
  return /^For (\S+):/.exec(doc)?.[1] ?? (name === 'scale_pos_weight' ? 'binary:logistic' : 'reg:squarederror');
}

describe.skipIf(!BUILT)('the default of', () => {
  const specs = BUILT
    ? registry().parameters.filter(({ name, default: value }) => value !== null && name !== 'trees')
    : [];

  test.each(specs)('$name', async (spec) => {
    for (const engine of Object.keys(registry().engines)) {
      const base = spec.name === 'objective' ? {} : { objective: objectiveOf(spec) };
      const given = metricsOf(engine, { ...base, [spec.name]: spec.default });
      const outcome = await given.catch((error: { code?: string }) => error.code);
      // An engine that does not know a parameter says so.
      if (outcome === 'NOT_COVERED') continue;
      expect(outcome).toEqual(await metricsOf(engine, base));
    }
  });

  test('trees, which is how many are planned', () => {
    const trees = registry().parameters.find(({ name }) => name === 'trees')?.default;
    const { configurations } = plan(withConfig({ model: {}, tune: { grid: {} } }), {
      digest: 'd',
      registry: registry(),
    });
    expect(configurations.map((one) => one.trees)).toEqual([trees]);
  });
});
