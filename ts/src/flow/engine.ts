/** Which engine trains a booster. */

import type { ParameterValue } from '../config/types.ts';
import { NlpflowError } from '../errors.ts';
import { type EngineSpec, findParameter, type Registry } from '../native/registry.ts';
import type { Plan } from './plan.ts';

/** An engine and why it was taken. */
export interface EngineChoice {
  readonly engine: string;
  readonly reason: string;
}

/** The engine asked for, or with `auto` the first that covers the parameters (canonical names). */
export function chooseEngine(
  asked: string,
  parameters: Readonly<Record<string, ParameterValue>>,
  registry: Registry,
): EngineChoice {
  if (asked !== 'auto') return { engine: asked, reason: 'as asked' };
  const refusals: string[] = [];
  for (const [engine, spec] of Object.entries(registry.engines)) {
    const refusal = refusalOf(spec, parameters, registry);
    if (refusal === undefined) {
      return { engine, reason: refusals.length === 0 ? 'it covers all that is asked' : refusals.join('; ') };
    }
    refusals.push(`${engine} takes ${refusal}`);
  }
  throw new NlpflowError('UNKNOWN_ENGINE', `no engine covers the parameters: ${refusals.join('; ')}`);
}

/** Engine name → version. */
export function engineVersions({ engines }: Registry): Record<string, string> {
  return Object.fromEntries(Object.entries(engines).map(([name, { version }]) => [name, version]));
}

/** Which engine trains which boosters and why, a line for each answer. */
export function enginesInWords(planned: Plan): string[] {
  const groups = new Map<string, string[]>();
  for (const { id, engine, reason } of planned.boosters) {
    const answer = `engine ${engine} (${reason})`;
    groups.set(answer, [...(groups.get(answer) ?? []), id]);
  }
  return [...groups].map(([answer, ids]) => (groups.size === 1 ? answer : `${answer}: ${ids.join(', ')}`));
}

function refusalOf(
  spec: EngineSpec,
  parameters: Readonly<Record<string, ParameterValue>>,
  registry: Registry,
): string | undefined {
  for (const { parameter, min, max } of spec.limits) {
    const value = parameters[parameter] ?? findParameter(registry, parameter)?.default;
    if (typeof value === 'number' && (value < min || value > max)) {
      return `${parameter} from ${min} to ${max}, not ${value}`;
    }
  }
  return undefined;
}
