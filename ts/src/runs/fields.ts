/** Nested documents as flat fields with paths, for comparisons. */

/** Path → value; the path of a recipe step holds its name, so that a step is compared with itself wherever it stands. */
export type Fields = ReadonlyMap<string, unknown>;

/** A field that differs. */
export interface Difference {
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** Flattens a document. Lists of plain values stay whole; lists of one-key objects are keyed by that key, their order is a field. */
export function flatten(value: unknown, prefix = ''): Map<string, unknown> {
  const fields = new Map<string, unknown>();
  const into = (path: string, part: unknown): void => {
    for (const [name, field] of flatten(part, path)) fields.set(name, field);
  };
  if (Array.isArray(value) && value.some(isObject)) {
    const names = value.map(onlyKey);
    if (names.every((name) => name !== undefined) && new Set(names).size === names.length) {
      fields.set(`${prefix}.order`, names.join(', '));
      for (const [index, step] of value.entries()) into(`${prefix}.${names[index]}`, step[names[index] ?? '']);
    } else {
      for (const [index, item] of value.entries()) into(`${prefix}[${index}]`, item);
    }
  } else if (isObject(value)) {
    for (const [name, field] of Object.entries(value)) {
      if (field !== undefined) into(prefix === '' ? name : `${prefix}.${name}`, field);
    }
    // A step without settings is a step all the same.
    if (Object.keys(value).length === 0 && prefix !== '') fields.set(prefix, {});
  } else {
    fields.set(prefix, value);
  }
  return fields;
}

/** The fields of two documents that are not equal; an order differs only when the same names stand in another one. */
export function differences(before: Fields, after: Fields): Difference[] {
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return names
    .filter((name) => JSON.stringify(before.get(name)) !== JSON.stringify(after.get(name)))
    .filter((name) => !isPresence(before.get(name), after.get(name)) || !hasChildren(name, before, after))
    .filter((name) => !name.endsWith('.order') || sorted(before.get(name)) === sorted(after.get(name)))
    .map((field) => ({ field, before: before.get(field), after: after.get(field) }));
}

/** A path as a person finds it in the document: `recipe.tokenfilter.max_tokens` → `recipe[2].tokenfilter.max_tokens`. */
export function shownPath(field: string, document: unknown): string {
  let place: unknown = document;
  let shown = '';
  for (const part of field.split('.')) {
    if (Array.isArray(place)) {
      const index = place.findIndex((item) => onlyKey(item) === part);
      shown += index < 0 ? `.${part}` : `[${index}].${part}`;
      place = index < 0 ? undefined : place[index][part];
    } else {
      shown += shown === '' ? part : `.${part}`;
      place = isObject(place) ? place[part] : undefined;
    }
  }
  return shown;
}

/** `{}` against nothing: the fields below tell more, where there are some. */
function isPresence(a: unknown, b: unknown): boolean {
  return [a, b].some(isObject) && [a, b].includes(undefined);
}

function hasChildren(name: string, ...of: readonly Fields[]): boolean {
  return of.some((fields) => [...fields.keys()].some((other) => other.startsWith(`${name}.`)));
}

function sorted(order: unknown): string {
  return String(order).split(', ').sort().join();
}

function onlyKey(item: unknown): string | undefined {
  if (!isObject(item)) return undefined;
  const keys = Object.keys(item);
  return keys.length === 1 ? keys[0] : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
