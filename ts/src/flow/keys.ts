/** The identity of a result: one hash over fields that are named, so that each can be explained. */

import { createHash } from 'node:crypto';
import type { ParameterValue } from '../config/types.ts';
import type { ParamSpec } from '../native/registry.ts';

/** Hexadecimal digits of a key: 128 bits of SHA-256. */
const KEY_LENGTH = 32;

/** The fields that decide what a result is; machine, paths, threads and chunk sizes never belong here. */
export type KeyFields = Readonly<Record<string, unknown>>;

/** The key of a result. Equal fields give equal keys whatever their order. */
export function keyOf(fields: KeyFields): string {
  return createHash('sha256').update(canonicalJson(fields)).digest('hex').slice(0, KEY_LENGTH);
}

/** JSON with sorted keys and without absent fields: one text for one meaning. Throws on values that JSON cannot hold. */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`${value} has no JSON form`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object') {
    const fields = Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field)}`);
    return `{${fields.join(',')}}`;
  }
  throw new TypeError(`a ${typeof value} has no JSON form`);
}

/** The values that differ from the registry's defaults: writing a default out must not give another key. */
export function withoutDefaults<Value>(
  values: Readonly<Record<string, Value>>,
  specs: readonly ParamSpec[],
): Record<string, Value> {
  const defaults = new Map<string, ParameterValue | null>(specs.map((spec) => [spec.name, spec.default]));
  return Object.fromEntries(Object.entries(values).filter(([name, value]) => defaults.get(name) !== value));
}

/** The fields in which two explanations differ: `[field, before, after]`. */
export function keyDifference(before: KeyFields, after: KeyFields): [string, unknown, unknown][] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names
    .filter((name) => canonicalJson(before[name] ?? null) !== canonicalJson(after[name] ?? null))
    .map((name) => [name, before[name], after[name]]);
}
