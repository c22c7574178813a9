import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';

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
  readonly #lines = new LineCounter();
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
    const yaml = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, uniqueKeys: true });
    this.#yaml = yaml;
    for (const error of yaml.errors) {
      this.problems.push({
        message: sentence(error.message),
        place: this.#placeAt(error.pos[0], Math.max(1, error.pos[1] - error.pos[0])),
      });
    }
    const plain: unknown = yaml.errors.length === 0 ? yaml.toJS() : {};
    this.#tree = plain ?? {};
    if (!isRecord(this.#tree)) {
      this.problems.push({
        message: 'a configuration is a mapping with the keys data, split, recipe, model and tune',
        place: this.#placeAt(0, 1),
      });
      this.#tree = {};
    }
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
    let parent = this.#tree as Record<string, unknown>;
    for (const key of path.slice(0, -1)) {
      const next = parent[key];
      if (!isContainer(next)) {
        parent[key] = {};
      }
      parent = parent[key] as Record<string, unknown>;
    }
    for (const other of override.replaces ?? []) {
      delete parent[other];
    }
    parent[String(path.at(-1))] = override.value;
    this.#origins.push({ path, origin: override.origin });
  }

  /** Where the value at `path` was written; `key` points at a key inside it instead. */
  place(path: Path, key?: string): Place {
    const whole = key === undefined ? path : [...path, key];
    const origin = this.#origins.findLast((known) => startsWith(whole, known.path) || startsWith(known.path, whole));
    if (origin && (key === undefined || whole.length >= origin.path.length)) {
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

  #placeAt(offset: number, width: number): Place {
    const { line, col } = this.#lines.linePos(offset);
    const row = this.#text.split('\n')[Math.max(0, line - 1)]?.replace(/\r$/, '') ?? '';
    const column = Math.max(1, col);
    return {
      kind: 'file',
      file: this.name,
      line: Math.max(1, line),
      column,
      excerpt: row,
      width: Math.max(1, Math.min(width, row.length - column + 1)),
    };
  }

  #resolveSteps(override: Override): Path | null {
    const root = this.#tree as Record<string, unknown>;
    const recipe = root['recipe'];
    const [section, name, ...rest] = override.path;
    if (section !== 'recipe' || typeof name !== 'string' || !Array.isArray(recipe)) {
      return override.path;
    }
    const index = recipe.findIndex((step) => step === name || (isRecord(step) && name in step));
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

/** The name of a recipe step as the user wrote it: `stopwords` or `{ stopwords: … }`. */
export function stepName(step: unknown): string {
  return isRecord(step) ? (Object.keys(step)[0] ?? '') : String(step);
}

/** True for a mapping: an object that is neither null nor a list. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isContainer(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function startsWith(path: Path, prefix: Path): boolean {
  return prefix.length <= path.length && prefix.every((key, index) => String(key) === String(path[index]));
}

function sentence(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1).replace(/\.$/, '');
}
