import { resolve } from 'node:path';
import { NlpflowError } from '../errors.ts';
import type { ParamSpec, Registry } from '../native/registry.ts';
import { crossChecks } from './checks.ts';
import { splitDialect } from './dialect.ts';
import { type ConfigDocument, isRecord, type Override, type Problem } from './document.ts';
import { findParameter } from './parameter.ts';
import { formatProblem, problemsOf } from './problems.ts';
import { configSchema, DEFAULTS, type ParsedConfig } from './schema.ts';
import type { ResolvedConfig } from './types.ts';

/** The mistakes of a configuration, all at once. */
export class ConfigError extends NlpflowError {
  readonly problems: readonly Problem[];

  constructor(name: string, problems: readonly Problem[]) {
    const count = problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`;
    const where = problems.some(({ place }) => place.kind === 'file') ? name : 'the configuration';
    super('CONFIG_INVALID', `${where} has ${count}\n\n${problems.map(formatProblem).join('\n\n')}`);
    this.problems = problems;
  }
}

/**
 * Applies overrides (first = weakest) to a document, checks the result and fills in the defaults.
 * A relative `data.source` of the document starts at `base`. Throws a ConfigError that lists every mistake.
 */
export function resolveConfig(
  document: ConfigDocument,
  overrides: readonly Override[],
  base: string,
  registry: Registry,
): ResolvedConfig {
  if (document.problems.length > 0) {
    throw new ConfigError(document.name, document.problems);
  }
  const root = document.tree as Record<string, unknown>;
  if (root['recipe'] === undefined && overrides.some(({ path }) => path[0] === 'recipe' && path.length > 1)) {
    root['recipe'] = structuredClone(DEFAULTS.recipe);
  }
  for (const override of overrides) {
    document.apply(override);
  }
  const parsed = configSchema(registry).safeParse(document.tree);
  const problems = [
    ...document.problems,
    ...(parsed.success ? [] : problemsOf(parsed.error.issues, document, registry)),
    ...crossChecks(document.tree, registry).map(({ path, key, ...finding }) => ({
      ...finding,
      place: document.place(path, key),
    })),
  ];
  if (problems.length > 0 || !parsed.success) {
    throw new ConfigError(document.name, inOrder(problems));
  }
  return complete(parsed.data, base, registry);
}

function complete(config: ParsedConfig, base: string, registry: Registry): ResolvedConfig {
  const { data, split, tune, model } = config;
  const seed = split?.seed ?? DEFAULTS.seed;
  const metric = tune?.metric ?? DEFAULTS.metric;
  const known = registry.metrics.map(({ name }) => name);
  const metrics = tune?.metrics ?? DEFAULTS.metrics.filter((name) => known.includes(name));
  const { encoding, ...given } = data;
  const { dialect, rest } = splitDialect(given);
  return {
    data: {
      ...rest,
      source: resolve(base, data.source),
      ...(encoding === undefined ? {} : { encoding }),
      ...dialect,
    },
    split: split?.column === undefined ? { prop: split?.prop ?? DEFAULTS.prop, seed } : { column: split.column, seed },
    recipe: (config.recipe ?? DEFAULTS.recipe).map((step) => completeStep(step, registry)),
    model: {
      ...withoutUndefined(model ?? {}),
      engine: model?.['engine'] ?? DEFAULTS.engine,
    } as ResolvedConfig['model'],
    tune: {
      folds: tune?.folds ?? DEFAULTS.folds,
      seed: tune?.seed ?? seed,
      grid: completeGrid(tune?.grid ?? {}),
      metric,
      metrics: metrics.includes(metric) ? [...metrics] : [metric, ...metrics],
      select: tune?.select ?? DEFAULTS.select,
    },
  };
}

/** A step with all its parameters written out, under their canonical names; a `null` that is the default stays out. */
function completeStep(step: unknown, registry: Registry): Record<string, Record<string, unknown>> {
  const [name, written] = isRecord(step) ? (Object.entries(step)[0] ?? ['', {}]) : [String(step), {}];
  if (name === 'tokenize') {
    const [tokenizer, given] = isRecord(written) ? (Object.entries(written)[0] ?? ['', {}]) : [String(written), {}];
    return { tokenize: { [tokenizer]: parametersOf(tokenizer, given, registry) } };
  }
  return { [name]: parametersOf(name, written, registry) };
}

function parametersOf(step: string, written: unknown, registry: Registry): Record<string, unknown> {
  const params: readonly ParamSpec[] = registry.steps.find((spec) => spec.name === step)?.params ?? [];
  const given = new Map(
    Object.entries(isRecord(written) ? written : {}).map(([name, value]) => [
      findParameter(params, name)?.name ?? name,
      value,
    ]),
  );
  const complete: Record<string, unknown> = {};
  for (const { name, default: standard } of params) {
    const value = given.get(name) === undefined ? standard : given.get(name);
    if (value !== undefined && (value !== null || standard !== null)) {
      complete[name] = value;
    }
  }
  return complete;
}

function completeGrid(grid: Record<string, unknown>): ResolvedConfig['tune']['grid'] {
  const entries = Object.entries(withoutUndefined(grid)).map(([name, values]) => [
    name,
    Array.isArray(values) ? values : [values],
  ]);
  return Object.fromEntries(entries) as ResolvedConfig['tune']['grid'];
}

function withoutUndefined(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** Mistakes in the order of the file's lines; those of flags and variables after them. */
function inOrder(problems: Problem[]): Problem[] {
  const rank = ({ place }: Problem) =>
    place.kind === 'file' ? place.line * 1e4 + place.column : Number.MAX_SAFE_INTEGER;
  return problems.toSorted((a, b) => rank(a) - rank(b));
}
