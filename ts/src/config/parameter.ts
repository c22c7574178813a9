import { z } from 'zod';
import type { ParamSpec } from '../native/registry.ts';

/** A value that a parameter can take in a configuration. */
export type ParamValue = number | string | boolean | string[];

/** The allowed values of a parameter in words: "a whole number from 1 to 100", "one of value, missing". */
export function rangeText(spec: ParamSpec): string {
  switch (spec.kind) {
    case 'bool':
      return 'true or false';
    case 'string':
      return 'a text';
    case 'strings':
      return 'a list of words';
    case 'choice':
      return `one of ${(spec.choices ?? []).join(', ')}`;
    case 'int':
    case 'float': {
      const noun = spec.kind === 'int' ? 'a whole number' : 'a number';
      const { min, max } = limits(spec);
      if (min !== undefined && max !== undefined) {
        return spec.min_exclusive ? `${noun} above ${min} and up to ${max}` : `${noun} from ${min} to ${max}`;
      }
      if (min !== undefined) {
        return spec.min_exclusive ? `${noun} above ${min}` : `${noun} of at least ${min}`;
      }
      return max === undefined ? noun : `${noun} up to ${max}`;
    }
  }
}

/** The zod schema of one parameter; its message names the whole allowed range. */
export function parameterSchema(spec: ParamSpec): z.ZodType<ParamValue> {
  const error = () => `must be ${rangeText(spec)}`;
  switch (spec.kind) {
    case 'bool':
      return z.boolean({ error });
    case 'string':
      return z.string({ error });
    case 'strings':
      return z.array(z.string({ error }), { error });
    case 'choice':
      return z.enum([...(spec.choices ?? [])], { error });
    case 'int':
    case 'float': {
      const { min, max } = limits(spec);
      let schema = spec.kind === 'int' ? z.int({ error }) : z.number({ error });
      if (min !== undefined) {
        schema = spec.min_exclusive ? schema.gt(min, { error }) : schema.min(min, { error });
      }
      return max === undefined ? schema : schema.max(max, { error });
    }
  }
}

/** The finite limits of a number; `null` and infinite ones are none. */
function limits(spec: ParamSpec): { min?: number; max?: number } {
  const found: { min?: number; max?: number } = {};
  if (typeof spec.min === 'number' && Number.isFinite(spec.min)) {
    found.min = spec.min;
  }
  if (typeof spec.max === 'number' && Number.isFinite(spec.max)) {
    found.max = spec.max;
  }
  return found;
}

/** Every name that a parameter answers to: its canonical one first. */
export function namesOf(spec: ParamSpec): string[] {
  return [spec.name, ...(spec.aliases ?? [])];
}

/** Finds a parameter under any of its names. */
export function findParameter(specs: readonly ParamSpec[], name: string): ParamSpec | undefined {
  return specs.find((spec) => namesOf(spec).includes(name));
}
