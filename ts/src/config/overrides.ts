import { resolve } from 'node:path';
import { parse } from 'yaml';
import { NlpflowError } from '../errors.ts';
import type { Registry } from '../native/registry.ts';
import { isDialectList } from './dialect.ts';
import { isTooDeep, type Override, type Path, QUIET } from './document.ts';
import { findParameter, namesOf } from './parameter.ts';
import { gridNames } from './schema.ts';

const SECTIONS = ['data', 'split', 'recipe', 'model', 'tune'];

/** Reads `--set key=value`: a dotted key, and a value in YAML. */
export function parseSet(assignment: string, registry: Registry, cwd: string): Override {
  const { key, value } = cut(assignment, '--set', 'tune.folds=5');
  const path = pathOf(key, registry);
  if (!SECTIONS.includes(String(path[0]))) {
    throw new NlpflowError(
      'USAGE',
      `--set ${assignment}: the key begins with one of ${SECTIONS.join(', ')}, for example --set tune.folds=5`,
    );
  }
  return override(path, value, `--set ${assignment}`, registry, cwd);
}

/** Reads `--grid name=value,value`: the values to cross for one parameter. */
export function parseGrid(assignment: string, registry: Registry, cwd: string): Override {
  const { key, value } = cut(assignment, '--grid', 'trees=300,500');
  return override(['tune', 'grid', key], value, `--grid ${assignment}`, registry, cwd);
}

/** A flag such as `--folds 5`, that stands for one key of the configuration. */
export function flagOverride(path: Path, value: unknown, flag: string, registry: Registry, cwd: string): Override {
  const origin = `--${flag} ${String(value)}`;
  return typeof value === 'string' ? override(path, value, origin, registry, cwd) : { path, value, origin };
}

/** Reads `NLPFLOW_<SECTION>_<KEY>` variables, e.g. NLPFLOW_TUNE_FOLDS=5 or NLPFLOW_TUNE_GRID_TREES=300,500. */
export function environmentOverrides(env: NodeJS.ProcessEnv, registry: Registry, cwd: string): Override[] {
  const overrides: Override[] = [];
  for (const [name, value] of Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const found = /^NLPFLOW_(DATA|SPLIT|RECIPE|MODEL|TUNE)_(.+)$/.exec(name);
    if (found?.[1] === undefined || found[2] === undefined || value === undefined) {
      continue;
    }
    const path = environmentPath(found[1].toLowerCase(), found[2].toLowerCase(), registry);
    overrides.push(override(path, value, `environment variable ${name}=${value}`, registry, cwd));
  }
  return overrides;
}

function environmentPath(section: string, rest: string, registry: Registry): Path {
  if (section === 'tune' && rest.startsWith('grid_')) {
    const wanted = rest.slice('grid_'.length);
    const known = [...gridNames(registry).keys()].find((name) => name.replace('.', '_') === wanted);
    return ['tune', 'grid', known ?? wanted];
  }
  if (section === 'recipe') {
    const step = registry.steps.find((known) => rest.startsWith(`${known.name}_`));
    return step ? ['recipe', step.name, rest.slice(step.name.length + 1)] : ['recipe', rest];
  }
  return [section, rest];
}

/** `tune.grid.tokenfilter.max_tokens` keeps the dot that belongs to the name of a recipe setting. */
function pathOf(key: string, registry: Registry): Path {
  const parts = key.split('.');
  if (parts[0] === 'tune' && parts[1] === 'grid' && parts.length > 2) {
    return ['tune', 'grid', parts.slice(2).join('.')];
  }
  if (parts[0] === 'recipe' && parts[1] === 'tokenize' && parts.length === 3) {
    const [tokenizer] = registry.steps.filter((step) => step.role === 'tokenizer');
    return tokenizer ? ['recipe', 'tokenize', tokenizer.name, ...parts.slice(2)] : parts;
  }
  return parts;
}

function override(path: Path, text: string, origin: string, registry: Registry, cwd: string): Override {
  const value = valueFor(path, text, cwd);
  const [section, second, third] = path;
  const name = section === 'model' ? second : section === 'tune' && second === 'grid' ? third : undefined;
  const spec = name === undefined ? undefined : findParameter(registry.parameters, String(name));
  if (!spec) {
    return { path, value, origin };
  }
  return { path, value, origin, replaces: namesOf(spec).filter((other) => other !== name) };
}

function valueFor(path: Path, text: string, cwd: string): unknown {
  const [section, key] = path;
  if (section === 'data' && key === 'source') {
    return resolve(cwd, text);
  }
  if (section === 'data' && typeof key === 'string' && isDialectList(key)) {
    return text.split(',').map((value) => value.trim());
  }
  if (section === 'data' && key !== 'max_bad_rows' && key !== 'header') {
    return text;
  }
  const list = (section === 'tune' && key === 'grid' && path.length > 2) || (section === 'tune' && key === 'metrics');
  const source = list && !text.trim().startsWith('[') ? `[${text}]` : text;
  try {
    const value: unknown = parse(source, QUIET);
    return isTooDeep(value) ? text : value;
  } catch {
    return text;
  }
}

function cut(assignment: string, flag: string, example: string): { key: string; value: string } {
  const at = assignment.indexOf('=');
  if (at <= 0 || at === assignment.length - 1) {
    throw new NlpflowError('USAGE', `${flag} ${assignment}: expected key=value, for example ${flag} ${example}`);
  }
  return { key: assignment.slice(0, at).trim(), value: assignment.slice(at + 1) };
}
