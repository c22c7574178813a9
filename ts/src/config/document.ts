import { type Document, isMap, isNode, isScalar, parseDocument } from 'yaml';

/** Options of the parser: what it would warn of is an unknown key here, and said with its place. */
export const QUIET = { logLevel: 'error' } as const;

/** A configuration takes six levels. */
const DEEPEST = 50;
const TOO_DEEP = `it is nested deeper than ${DEEPEST} levels`;

/** A step into a configuration: a key of a mapping or an index of a list. */
export type Path = readonly (string | number)[];

/** A place in a file (both 1-based), or the flag, variable or run that gave a value. */
export type Place =
  | { kind: 'file'; file: string; line: number; column: number; excerpt: string; width: number }
  | { kind: 'origin'; origin: string };

/** One mistake in a configuration, with the place that the user wrote it at. */
export interface Problem {
  readonly message: string;
  readonly hint?: string;
  readonly place: Place;
}

/** A value from outside the file (flag, variable, run) and where it came from, e.g. `--set tune.folds=x`. */
export interface Override {
  readonly path: Path;
  readonly value: unknown;
  readonly origin: string;
  /** Sibling keys that mean the same (the other names of a parameter) and give way to this value. */
  readonly replaces?: readonly string[];
}

/**
 * A configuration before it is checked: the plain values, and for each of them the line of the file or the origin that gave it.
 * Overrides change values; the file's text stays, so that a mistake can be shown where it was made.
 */
export class ConfigDocument {
  readonly name: string;
  readonly problems: Problem[] = [];
  readonly #text: string;
  readonly #yaml: Document | null;
  readonly #origins: { path: Path; origin: string }[] = [];
  #tree: unknown;

  private constructor(name: string, text: string, tree: unknown) {
    this.name = name;
    this.#text = text;
    if (tree !== undefined) {
      this.#yaml = null;
      this.#tree = tree;
      return;
    }
    const yaml = parsed(text);
    this.#yaml = yaml;
    for (const error of yaml?.errors ?? []) {
      this.problems.push({
        message: sentence(error.message),
        place: this.#placeAt(error.pos[0], Math.max(1, error.pos[1] - error.pos[0])),
      });
    }
    if (yaml === null) this.#problemAtStart(TOO_DEEP);
    const plain = yaml?.errors.length === 0 ? this.#plainValues(yaml) : {};
    this.#tree = plain ?? {};
    if (!isRecord(this.#tree)) {
      this.#problemAtStart('a configuration is a mapping with the keys data, split, recipe, model and tune');
      this.#tree = {};
    }
  }

  /** The values of the nodes, without those that aliases multiply beyond measure or nest without end. */
  #plainValues(yaml: Document): unknown {
    try {
      const plain: unknown = yaml.toJS();
      if (!isTooDeep(plain)) return plain;
    } catch (error) {
      // The parser's protection against a few lines that stand for billions.
      if (error instanceof ReferenceError) {
        this.#problemAtStart('its aliases (*name) stand for too many values: write them out');
        return {};
      }
      if (!(error instanceof RangeError)) throw error;
    }
    this.#problemAtStart(TOO_DEEP);
    return {};
  }

  #problemAtStart(message: string): void {
    this.problems.push({ message, place: this.#placeAt(0, 1) });
  }

  /** Parses YAML (JSON is YAML, too). Syntax errors are kept in `problems`; `name` is what messages call the file. */
  static parse(text: string, name: string): ConfigDocument {
    return new ConfigDocument(name, text, undefined);
  }

  /** Starts from values that no file holds: flags beside a data file, or the configuration of an earlier run. */
  static from(tree: unknown, origin: string): ConfigDocument {
    return new ConfigDocument(origin, '', structuredClone(tree));
  }

  /** The values with all overrides applied. */
  get tree(): unknown {
    return this.#tree;
  }

  /** Puts a value at a path; a name inside `recipe` means the step of that name. */
  apply(override: Override): void {
    const path = this.#resolveSteps(override);
    if (path === null) {
      return;
    }
    let parent = this.#tree as object;
    path.slice(0, -1).forEach((key, index) => {
      let next = ownValue(parent, key);
      if (!(isRecord(next) || (Array.isArray(next) && typeof path[index + 1] === 'number'))) {
        next = {};
        put(parent, key, next);
      }
      parent = next as object;
    });
    for (const other of override.replaces ?? []) {
      Reflect.deleteProperty(parent, other);
    }
    put(parent, path.at(-1) ?? '', override.value);
    this.#origins.push({ path, origin: override.origin });
  }

  /** Where the value at `path` was written; `key` points at a key inside it instead. */
  place(path: Path, key?: string): Place {
    const whole = key === undefined ? path : [...path, key];
    const origin = this.#origins.findLast((known) => startsWith(whole, known.path) || startsWith(known.path, whole));
    if (origin && (key === undefined || whole.length >= origin.path.length || this.#yaml?.hasIn(whole) === false)) {
      return { kind: 'origin', origin: origin.origin };
    }
    if (this.#yaml === null) {
      return { kind: 'origin', origin: this.name };
    }
    for (let length = path.length; length >= 0; length -= 1) {
      const node: unknown = this.#yaml.getIn(path.slice(0, length), true);
      if (length === path.length && key !== undefined && isMap(node)) {
        const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
        if (pair && isNode(pair.key) && pair.key.range) {
          return this.#placeAt(pair.key.range[0], key.length);
        }
      }
      if (length > 0 && length < path.length && isMap(node)) {
        // The value is missing: point at the key of the mapping that should hold it.
        return this.place(path.slice(0, length - 1), String(path[length - 1]));
      }
      if (isNode(node) && node.range && length > 0) {
        return this.#placeAt(node.range[0], Math.max(1, node.range[1] - node.range[0]));
      }
    }
    return this.#placeAt(0, 1);
  }

  /** The place of a character; the parser's own count of lines leaves some out behind a mistake. */
  #placeAt(offset: number, width: number): Place {
    const before = this.#text.slice(0, offset).split('\n');
    const column = (before.at(-1) ?? '').length + 1;
    const excerpt = this.#text.split('\n')[before.length - 1]?.replace(/\r$/, '') ?? '';
    return {
      kind: 'file',
      file: this.name,
      line: before.length,
      column,
      excerpt,
      width: Math.max(1, Math.min(width, excerpt.length - column + 1)),
    };
  }

  #resolveSteps(override: Override): Path | null {
    const root = this.#tree as Record<string, unknown>;
    const recipe = root['recipe'];
    const [section, name, ...rest] = override.path;
    if (section !== 'recipe' || typeof name !== 'string' || !Array.isArray(recipe)) {
      return override.path;
    }
    const index = recipe.findIndex((step) => step === name || (isRecord(step) && Object.hasOwn(step, name)));
    if (index < 0) {
      this.problems.push({
        message: `the recipe has no step ${name}`,
        hint: `its steps are: ${recipe.map(stepName).join(', ')}`,
        place: { kind: 'origin', origin: override.origin },
      });
      return null;
    }
    if (!isRecord(recipe[index])) {
      recipe[index] = { [name]: {} };
    }
    return [section, index, name, ...rest];
  }
}

/** The nodes of a text; null when lists and mappings are nested deeper than the parser can descend. */
function parsed(text: string): Document | null {
  try {
    const yaml = parseDocument(text, { ...QUIET, prettyErrors: false, uniqueKeys: true });
    return yaml.errors.some(({ message }) => message.includes('call stack')) ? null : yaml;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** The name of a recipe step as the user wrote it: `stopwords` or `{ stopwords: … }`. */
export function stepName(step: unknown): string {
  return isRecord(step) ? (Object.keys(step)[0] ?? '') : inWords(step);
}

/** A value as a message names it: a text as it is, anything else as JSON. */
export function inWords(value: unknown): string {
  if (typeof value === 'number') return String(value); // JSON has no infinity
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
}

/** Whether lists and mappings are nested deeper than any configuration's, or without end, as an alias inside its own anchor is. */
export function isTooDeep(value: unknown, levels = DEEPEST): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isTooDeep(inner, levels - 1));
}

/** True for a mapping: an object that is neither null nor a list. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a mapping or list itself holds under a key: nothing that every object has. */
function ownValue(parent: object, key: string | number): unknown {
  return Object.getOwnPropertyDescriptor(parent, key)?.value;
}

/** Gives a mapping or list a value under any key, `__proto__` too. */
function put(parent: object, key: string | number, value: unknown): void {
  Object.defineProperty(parent, key, { value, writable: true, enumerable: true, configurable: true });
}

function startsWith(path: Path, prefix: Path): boolean {
  return prefix.length <= path.length && prefix.every((key, index) => String(key) === String(path[index]));
}

function sentence(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1).replace(/\.$/, '');
}
