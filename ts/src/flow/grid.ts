/** The grid: every combination of the values to try, with names resolved by the registry. */

import type { ParameterValue, ResolvedConfig } from '../config/types.ts';
import { NlpflowError } from '../errors.ts';
import { findParameter, type Registry } from '../native/registry.ts';

/** The canonical name of the number of boosting rounds. */
export const TREES = 'trees';

/** One combination. */
export interface GridPoint {
  /** Values under the names that the user wrote. */
  readonly values: Readonly<Record<string, ParameterValue>>;
  /** The model's parameters: fixed ones and the point's own, by canonical name. */
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  /** Recipe settings: step → setting → value. */
  readonly settings: Readonly<Record<string, Readonly<Record<string, ParameterValue>>>>;
}

type Axis =
  | {
      readonly kind: 'parameter';
      readonly written: string;
      readonly name: string;
      readonly values: readonly ParameterValue[];
    }
  | {
      readonly kind: 'setting';
      readonly written: string;
      readonly step: string;
      readonly setting: string;
      readonly values: readonly ParameterValue[];
    };

/** Every point of the configuration's grid in declared order, the last axis varying fastest; one point without a grid. */
export function expandGrid(config: ResolvedConfig, registry: Registry): GridPoint[] {
  const fixed = fixedParameters(config, registry);
  const axes = Object.entries(config.tune.grid).map(([written, values]) => axis(written, values, config, registry));
  refuseTwoNames(axes);
  return cross(axes).map((choice) => {
    const values: Record<string, ParameterValue> = {};
    const parameters = { ...fixed };
    const settings: Record<string, Record<string, ParameterValue>> = {};
    axes.forEach((one, index) => {
      const value = choice[index] as ParameterValue;
      values[one.written] = value;
      if (one.kind === 'parameter') parameters[one.name] = value;
      else settings[one.step] = { ...settings[one.step], [one.setting]: value };
    });
    return { values, parameters, settings };
  });
}

/** The parameters of the `model` section by canonical name. */
function fixedParameters(config: ResolvedConfig, registry: Registry): Record<string, ParameterValue> {
  const written = new Map<string, string>();
  const parameters: Record<string, ParameterValue> = {};
  for (const [name, value] of Object.entries(config.model)) {
    if (name === 'engine') continue;
    const canonical = findParameter(registry, name)?.name;
    if (canonical === undefined) throw new NlpflowError('CONFIG_INVALID', `model: there is no parameter ${name}`);
    const before = written.get(canonical);
    if (before !== undefined) {
      throw new NlpflowError('CONFIG_INVALID', `model: ${before} and ${name} are the same parameter; keep one of them`);
    }
    written.set(canonical, name);
    parameters[canonical] = value;
  }
  return parameters;
}

function axis(written: string, values: readonly ParameterValue[], config: ResolvedConfig, registry: Registry): Axis {
  if (values.length === 0)
    throw new NlpflowError('GRID_INVALID', `grid: ${written} has no values; give one or remove it`);
  const repeated = values.find((value, index) => values.indexOf(value) !== index);
  if (repeated !== undefined) throw new NlpflowError('GRID_INVALID', `grid: ${written} holds ${repeated} twice`);
  const parameter = findParameter(registry, written);
  if (parameter) return { kind: 'parameter', written, name: parameter.name, values };
  const dot = written.indexOf('.');
  if (dot < 0) throw new NlpflowError('GRID_INVALID', `grid: there is no parameter ${written}`);
  const [step, setting] = [written.slice(0, dot), written.slice(dot + 1)];
  const spec = registry.steps.find((known) => known.name === step);
  if (spec?.role === 'tokenizer' || step === 'tokenize') {
    throw new NlpflowError(
      'GRID_INVALID',
      `grid: ${written}: the tokeniser cannot be tuned, since texts are read once`,
    );
  }
  const uses = config.recipe.filter((one) => step in one).length;
  if (uses !== 1) {
    const what = uses === 0 ? `the recipe has no step ${step}` : `the recipe has ${uses} steps ${step}`;
    throw new NlpflowError(
      'GRID_INVALID',
      `grid: ${written}: ${what}; a setting can be tuned where its step is there once`,
    );
  }
  if (spec && !spec.params.some((param) => param.name === setting)) {
    const known = spec.params.map((param) => param.name).join(', ');
    throw new NlpflowError('GRID_INVALID', `grid: the step ${step} has no setting ${setting}; it has ${known}`);
  }
  return { kind: 'setting', written, step, setting, values };
}

/** Two names of one parameter in a grid would make points that contradict themselves. */
function refuseTwoNames(axes: readonly Axis[]): void {
  const written = new Map<string, string>();
  for (const one of axes) {
    const name = one.kind === 'parameter' ? one.name : one.written;
    const before = written.get(name);
    if (before !== undefined) {
      throw new NlpflowError(
        'GRID_INVALID',
        `grid: ${before} and ${one.written} are the same parameter; keep one of them`,
      );
    }
    written.set(name, one.written);
  }
}

function cross(axes: readonly Axis[]): ParameterValue[][] {
  return axes.reduce<ParameterValue[][]>(
    (points, one) => points.flatMap((point) => one.values.map((value) => [...point, value])),
    [[]],
  );
}
