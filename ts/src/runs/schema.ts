/** What `run.json` and the labels of a run may hold: checks what was read, and is published as a JSON schema. */

import { z } from 'zod';
import { RUN_FORMAT } from './format.ts';

/** Names that become part of a path: one plain name, never a way out of a folder. */
const SAFE_NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/;

const value = z.union([z.number(), z.string(), z.boolean()]);
const text = (meaning: string) => z.string().describe(meaning);
const optionalNumber = z.number().nullable();
const key = z.string().regex(SAFE_NAME).describe('key of a result: stages/<stage>/<key>').optional();
const failed = { code: z.string(), message: z.string() };
const folds = z.record(
  z.string(),
  z.object({ mean: optionalNumber, n: z.number(), std_err: optionalNumber }).describe('mean over the folds'),
);
const metrics = z.record(z.string(), optionalNumber);

const lineage = z.object({
  argv: z.array(z.string()).describe('the command line without the program; secrets are blotted out'),
  environment: z.record(z.string(), z.string()).describe('NLPFLOW_* variables'),
  config_sha256: z.string().nullable().describe('digest of the configuration file'),
  git: z
    .object({ commit: z.string(), branch: z.string().nullable(), dirty: z.boolean() })
    .nullable()
    .describe("state of the git repository that holds the configuration's folder"),
});

const estimate = z.object({
  seconds: z.number().optional(),
  basis: z.string().optional(),
  work: z.number().describe('work of the boosters that were missing, in steps over values and bins'),
  tasks: z.number().describe('number of boosters that were missing'),
  engine: z.string().describe('engine of the largest booster').optional(),
  memory: z.number().describe('bytes that the largest booster needs'),
  workers: z.number(),
});

const usage = z.object({
  seconds: z.number().describe('wall time of the boosters'),
  peak_memory: optionalNumber.describe('largest resident memory of a worker that trained, in bytes'),
  cpu_seconds: z.number().describe('processor time of all tasks'),
  pace: optionalNumber.describe('work a second and worker of the boosters, for the estimate of later runs'),
  vcpu_hours: z.number().describe('vCPUs times hours of all attempts').optional(),
  dollars: optionalNumber.describe('what they cost; null where nothing was paid').optional(),
});

const range = (meaning: string) =>
  z.object({ low: z.number(), likely: z.number(), high: z.number() }).describe(meaning);

const forecast = z.object({
  tasks: z.number().describe('tasks that were missing'),
  hours: range('elapsed time'),
  vcpu_hours: range('vCPUs times hours of all attempts'),
  dollars: range('cost').nullable().describe('null where nothing is paid'),
  memory: optionalNumber.describe('bytes that the longest booster needs'),
  busy: z.number().describe('share of a processor that the calibration had'),
  basis: z.string().describe('how the time was found'),
  prices: z.string().nullable().describe('where the prices are from'),
});

const limit = z.object({
  dollars: z.number().describe('what the run may cost'),
  reached: z.boolean().describe('whether it ended the cross-validation early'),
  left_out: z.array(z.string()).describe('configurations that were left out because of it'),
});

/** `run.json` of the present format; fields that it does not know are left alone by the reader. */
export const runSchema = z.object({
  format: z.int().min(RUN_FORMAT).max(RUN_FORMAT).describe('version of this file'),
  id: z.string().regex(SAFE_NAME).describe('sorts by time: YYYYMMDD-HHMMSS-xxxx'),
  name: z.string(),
  status: z.enum(['running', 'done', 'failed', 'interrupted']),
  until: z.enum(['preprocess', 'tune', 'fit']).describe('how far the run was to go'),
  resample: z.enum(['always', 'if needed']).optional(),
  fresh: z.boolean().describe('whether everything was to be made again').optional(),
  created: text('ISO time'),
  finished: text('ISO time').optional(),
  folder: z
    .string()
    .nullable()
    .describe("where nlpflow was started, relative to the store's folder; null when the store is no folder")
    .optional(),
  config: z
    .looseObject({
      data: z.looseObject({ source: text('the table, relative to where nlpflow was started') }),
      tune: z.looseObject({ metric: z.string(), metrics: z.array(z.string()) }),
    })
    .describe('the configuration with all defaults'),
  config_path: z.string().nullable().describe('relative to where nlpflow was started; null without a file'),
  data: z.object({ digest: text('SHA-256 of the table'), bytes: z.number() }),
  versions: z.record(z.string(), z.string()),
  lineage: lineage.nullable().describe('null for a run of a nlpflow that did not write it down').optional(),
  plan: z.object({
    configurations: z.number(),
    boosters: z.number(),
    folds: z.number(),
    recipes: z.number(),
  }),
  keys: z.object({ corpus: key, split: key, final: key, fit: key }),
  summaries: z.object({
    corpus: z.unknown().optional(),
    split: z.unknown().optional(),
    final: z.unknown().optional(),
    fit: z.unknown().optional(),
  }),
  best: z
    .object({
      id: z.string(),
      values: z.record(z.string(), value),
      metric: z.string(),
      mean: optionalNumber,
      n: z.number(),
      std_err: optionalNumber,
    })
    .optional(),
  results: z
    .array(
      z.object({
        configuration: z.string(),
        values: z.record(z.string(), value),
        metric: z.string(),
        mean: optionalNumber,
        n: z.number(),
        std_err: optionalNumber,
        complete: z.boolean(),
      }),
    )
    .optional(),
  metrics: z
    .object({
      cv: folds.optional(),
      cv_baseline: folds.optional(),
      train: metrics.optional(),
      test: metrics.optional(),
      test_baseline: metrics.optional(),
    })
    .optional(),
  verdict: z.string().optional(),
  failures: z.array(z.object({ task: z.string(), label: z.string(), ...failed })),
  error: z.object(failed).optional(),
  estimate: estimate.describe('what was foretold before the boosters started').optional(),
  forecast: forecast.describe('what the whole run was to take').optional(),
  limit: limit.describe('--max-cost').optional(),
  usage: usage.describe('what came of it').optional(),
  seconds: z.number(),
  process: z
    .object({
      pid: z.number(),
      host: z.string(),
      space: z.string().describe('boot and PID namespace in which the PID means something').optional(),
      began: z.number().describe('when the process began, in ticks of the kernel').optional(),
      platform: z.string().optional(),
      cpus: z.number().optional(),
      memory: z.number().optional(),
    })
    .describe('who writes this run, and on what machine'),
});

/** The published JSON schema of `run.json`. */
export function runJsonSchema(): object {
  const { $schema, ...schema } = z.toJSONSchema(runSchema, { io: 'input' });
  return {
    $schema,
    title: 'nlpflow run.json',
    description: 'What a run was, what it made and what came of it.',
    ...schema,
  };
}
