import type { ParamSpec, Registry } from '../native/registry.ts';
import { inWords, isRecord, type Path, stepName } from './document.ts';
import { nearest } from './nearest.ts';
import { findParameter } from './parameter.ts';

/** A rule that spans several values was broken at `path` (and at its key, where the key is the mistake). */
export interface Finding {
  readonly path: Path;
  readonly key?: string;
  readonly message: string;
  readonly hint?: string;
}

/** The rules that no single value can show: each reads the whole tree, also one in which other mistakes stand. */
export function crossChecks(tree: unknown, registry: Registry): Finding[] {
  const root = isRecord(tree) ? tree : {};
  const tuning = isRecord(root['tune']) ? root['tune'] : {};
  return [
    ...splitIsOneOfTwo(root['split']),
    ...namesAreUnique(['model'], root['model'], registry),
    ...namesAreUnique(['tune', 'grid'], tuning['grid'], registry),
    ...valuesAreUnique(tuning['grid']),
    ...recipeIsInOrder(root['recipe'], registry),
    ...gridStepsExist(tuning['grid'], root['recipe'], registry),
  ];
}

function splitIsOneOfTwo(split: unknown): Finding[] {
  if (!isRecord(split) || split['prop'] === undefined || split['column'] === undefined) {
    return [];
  }
  return [
    {
      path: ['split'],
      key: 'column',
      message: 'split has both prop and column, which exclude each other',
      hint: 'prop draws the test set at random; column takes it from a column that says train or test',
    },
  ];
}

function namesAreUnique(path: Path, section: unknown, registry: Registry): Finding[] {
  const seen = new Map<ParamSpec, string>();
  const findings: Finding[] = [];
  for (const key of Object.keys(isRecord(section) ? section : {})) {
    const spec = findParameter(registry.parameters, key);
    const earlier = spec && seen.get(spec);
    if (earlier !== undefined) {
      findings.push({
        path,
        key,
        message: `${earlier} and ${key} are two names of one parameter`,
        hint: 'keep one of them',
      });
    } else if (spec) {
      seen.set(spec, key);
    }
  }
  return findings;
}

function valuesAreUnique(grid: unknown): Finding[] {
  const findings: Finding[] = [];
  for (const [key, values] of Object.entries(isRecord(grid) ? grid : {})) {
    const list: unknown[] = Array.isArray(values) ? values : [];
    list.forEach((value, index) => {
      if (list.indexOf(value) < index) {
        findings.push({
          path: ['tune', 'grid', key, index],
          message: `${inWords(value)} stands twice in the grid of ${key}`,
        });
      }
    });
  }
  return findings;
}

function recipeIsInOrder(recipe: unknown, registry: Registry): Finding[] {
  if (!Array.isArray(recipe) || recipe.length === 0) {
    return [];
  }
  const findings: Finding[] = [];
  const names = recipe.map(stepName);
  const weightings = registry.steps.filter((spec) => spec.role === 'weighting').map((spec) => spec.name);
  recipe.forEach((step: unknown, index) => {
    const keys = isRecord(step) ? Object.keys(step) : [];
    const [first] = keys;
    if (isRecord(step) && keys.length !== 1) {
      findings.push({
        path: ['recipe', index],
        message:
          keys.length === 0
            ? 'a step is empty'
            : `a step has one name, but this one has ${keys.length}: ${keys.join(', ')}`,
        hint: 'begin each step with its own dash',
      });
    } else if (
      first === 'tokenize' &&
      isRecord(step) &&
      isRecord(step[first]) &&
      Object.keys(step[first]).length !== 1
    ) {
      findings.push({ path: ['recipe', index], key: first, message: 'tokenize takes exactly one tokenizer' });
    }
  });
  names.forEach((name, index) => {
    if (name === 'tokenize' && index > 0) {
      findings.push({ path: ['recipe', index], message: 'tokenize must be the first step' });
    }
    if (weightings.includes(name) && index < names.length - 1) {
      findings.push({ path: ['recipe', index], message: `the weighting ${name} must be the last step` });
    }
  });
  if (!names.includes('tokenize')) {
    findings.push({
      path: ['recipe', 0],
      message: 'the recipe must begin with tokenize',
      hint: 'for example: tokenize: words',
    });
  }
  if (!names.some((name) => weightings.includes(name))) {
    findings.push({
      path: ['recipe', names.length - 1],
      message: 'the recipe must end with a weighting',
      hint: `weightings are: ${weightings.join(', ')}`,
    });
  }
  return findings;
}

function gridStepsExist(grid: unknown, recipe: unknown, registry: Registry): Finding[] {
  if (!isRecord(grid) || !Array.isArray(recipe)) {
    return [];
  }
  const known = registry.steps.map((spec) => spec.name);
  const used = recipe.map(stepName);
  const findings: Finding[] = [];
  for (const key of Object.keys(grid)) {
    const [step = ''] = key.split('.');
    if (key.includes('.') && known.includes(step) && !used.includes(step)) {
      const near = nearest(step, used);
      findings.push({
        path: ['tune', 'grid'],
        key,
        message: `the grid tunes ${key}, but the recipe has no step ${step}`,
        hint: near ? `did you mean ${near}?` : `its steps are: ${used.join(', ')}`,
      });
    }
  }
  return findings;
}
