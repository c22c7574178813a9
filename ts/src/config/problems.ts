import type { z } from 'zod';
import type { Registry } from '../native/registry.ts';
import { type ConfigDocument, isRecord, type Path, type Place, type Problem } from './document.ts';
import { configJsonSchema, type JsonSchema } from './jsonschema.ts';
import { nearest } from './nearest.ts';
import { findParameter } from './parameter.ts';
import { gridNames } from './schema.ts';

type Issue = z.core.$ZodIssue;

/** Turns the schema's issues into problems with a place, a nearest known key and the meaning of the parameter. */
export function problemsOf(issues: readonly Issue[], document: ConfigDocument, registry: Registry): Problem[] {
  return issues.flatMap((issue) => problemsOfIssue(issue, [], document, registry));
}

function problemsOfIssue(issue: Issue, base: Path, document: ConfigDocument, registry: Registry): Problem[] {
  const path: Path = [...base, ...issue.path.map((key) => (typeof key === 'symbol' ? key.toString() : key))];
  const value = valueAt(document.tree, path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey(key, path, document, registry));
  }
  if (issue.code === 'invalid_union') {
    return bestBranch(issue.errors, value).flatMap((inner) => problemsOfIssue(inner, path, document, registry));
  }
  const label = labelOf(path);
  if (value === undefined) {
    const needed = issue.message.replace(/^must be (a text: )?/, '');
    return [{ message: `${label} is missing: ${needed}`, place: document.place(path) }];
  }
  const hint = hintFor(path, value, issue, registry);
  return [
    {
      message: `${label} ${issue.message}, not ${shown(value)}`,
      ...(hint ? { hint } : {}),
      place: document.place(path),
    },
  ];
}

/** The nearest of the allowed words, or else what the parameter means. */
function hintFor(path: Path, value: unknown, issue: Issue, registry: Registry): string | undefined {
  const words = issue.code === 'invalid_value' ? issue.values.map(String) : [];
  const near = typeof value === 'string' ? nearest(value, words) : undefined;
  if (near !== undefined) {
    return `did you mean ${near}?`;
  }
  const spec = specAt(path, registry);
  const written = path.findLast((key) => typeof key === 'string');
  return spec && `${written ?? spec.name}: ${spec.doc}`;
}

function unknownKey(key: string, path: Path, document: ConfigDocument, registry: Registry): Problem {
  const known = knownKeys(path, registry);
  const near = nearest(key, known);
  const where = path.length === 0 ? 'the configuration' : labelOf(path);
  const place = document.place(path, key);
  const untunable = path.join('.') === 'tune.grid' ? findParameter(registry.parameters, key) : undefined;
  if (untunable) {
    return { message: `${key} cannot be tuned`, hint: `set it under model: ${key}`, place };
  }
  const hint = near === undefined ? `known keys are: ${known.join(', ')}` : `did you mean ${near}?`;
  return { message: `unknown key ${key} in ${where}`, hint, place };
}

/** The branch of a union that the value was meant for: the one that goes deepest into it. */
function bestBranch(branches: readonly (readonly Issue[])[], value: unknown): readonly Issue[] {
  const meant = branches.filter((issues) =>
    issues.some((issue) => issue.path.length > 0 || issue.code === 'unrecognized_keys'),
  );
  if (meant[0]) {
    return meant[0];
  }
  const container = typeof value === 'object' && value !== null;
  return (container ? branches.at(-1) : branches[0]) ?? [];
}

/** The keys that the schema allows at a path, over all branches of a union. */
function knownKeys(path: Path, registry: Registry): string[] {
  let nodes = [configJsonSchema(registry)];
  for (const key of path) {
    nodes = nodes.flatMap((node) => {
      const next = typeof key === 'number' ? node.items : node.properties?.[key];
      return next ? branches(next) : [];
    });
  }
  return [...new Set(nodes.flatMap((node) => Object.keys(node.properties ?? {})))];
}

function branches(node: JsonSchema): JsonSchema[] {
  return node.anyOf ? node.anyOf.flatMap(branches) : [node];
}

function specAt(path: Path, registry: Registry) {
  const [section, second, third] = path;
  if (section === 'model') {
    return findParameter(registry.parameters, String(second));
  }
  if (section === 'tune' && second === 'grid') {
    return gridNames(registry).get(String(third));
  }
  if (section === 'recipe') {
    const [step, name] = path.slice(-2);
    return registry.steps.find((known) => known.name === step)?.params.find((param) => param.name === name);
  }
  return undefined;
}

/** A path as a user says it: `tune.grid.trees[2]`, or the step's name instead of its number. */
function labelOf(path: Path): string {
  const parts = path.filter((_key, index) => !(path[0] === 'recipe' && index === 1 && path.length > 2));
  return parts.reduce<string>((label, key) => {
    if (typeof key === 'number') {
      return `${label}[${key}]`;
    }
    return label === '' ? key : `${label}.${key}`;
  }, '');
}

function shown(value: unknown): string {
  const json = JSON.stringify(value) ?? String(value);
  const text = typeof value === 'number' ? String(value) : json;
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function valueAt(tree: unknown, path: Path): unknown {
  return path.reduce<unknown>((node, key) => {
    if (Array.isArray(node)) {
      return node[Number(key)] as unknown;
    }
    return isRecord(node) ? node[key] : undefined;
  }, tree);
}

/** A problem in the form of a compiler's message: place, message, the line with a mark below it, and a hint. */
export function formatProblem(problem: Problem): string {
  const lines: string[] = [];
  const place: Place = problem.place;
  if (place.kind === 'origin') {
    lines.push(`${place.origin}: ${problem.message}`);
  } else {
    lines.push(`${place.file}:${place.line}:${place.column}: ${problem.message}`);
    if (place.excerpt.trim() !== '') {
      const number = String(place.line);
      lines.push(`  ${number} | ${place.excerpt}`);
      lines.push(
        `  ${' '.repeat(number.length)} | ${place.excerpt.slice(0, place.column - 1).replace(/[^\t]/g, ' ')}${'^'.repeat(place.width)}`,
      );
    }
  }
  if (problem.hint !== undefined) {
    lines.push(`  hint: ${problem.hint}`);
  }
  return lines.join('\n');
}
