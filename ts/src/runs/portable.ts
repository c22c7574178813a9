/** What a run's files may say: nothing secret, and no path of this machine; but what it computes, word for word. */

import type { Event } from '../events.ts';
import type { RunRecord } from './manifest.ts';
import { blotOut } from './secrets.ts';

/** What decides what a run computes, or by which it is found: read again by later commands, so never changed. */
const AS_IT_IS: ReadonlySet<string> = new Set<keyof RunRecord | keyof Extract<Event, { event: 'best' }> | 'task'>([
  'best',
  'config',
  'config_path',
  'configuration',
  'data',
  'folder',
  'id',
  'keys',
  'name',
  'plan',
  'results',
  'task',
  'versions',
]);

/** The paths of this machine and the secrets that a run meets. */
export interface Unsayable {
  /** Absolute path of the table, and how the record names it. */
  readonly source: string;
  readonly relativeSource: string;
  /** Path or URL of the store. */
  readonly store: string;
  readonly secrets: readonly string[];
}

/** A text in words, such as a message or what a worker printed. */
export function cleanText(text: string, unsayable: Unsayable): string {
  return blotOut(withoutPaths(text, unsayable), unsayable.secrets);
}

/** A copy of the plan with paths that are relative to where the run was started. */
export function cleanPlan<Value>(plan: Value, unsayable: Unsayable): Value {
  return mapTexts(plan, (text) => withoutPaths(text, unsayable));
}

/** A copy of an event: its words are cleaned. */
export function cleanEvent(event: Event, unsayable: Unsayable): Event {
  return mapTexts(event, (text) => cleanText(text, unsayable), AS_IT_IS);
}

/** A copy of a record. The command line keeps its `--store`: another store would not be the same command. */
export function cleanRecord(record: RunRecord, unsayable: Unsayable): RunRecord {
  const { lineage } = record;
  const clean = mapTexts(record, (text) => cleanText(text, unsayable), AS_IT_IS);
  if (!lineage) return clean;
  const word = (text: string): string => cleanText(text, { ...unsayable, store: '' });
  const { argv, environment } = lineage;
  return { ...clean, lineage: { ...lineage, argv: mapTexts(argv, word), environment: mapTexts(environment, word) } };
}

function withoutPaths(text: string, { source, relativeSource, store }: Unsayable): string {
  return replacePath(replacePath(text, source, relativeSource), store, '.');
}

/** The same document with other texts, but for its own fields of some names. */
function mapTexts<Value>(value: Value, change: (text: string) => string, kept?: ReadonlySet<string>): Value {
  if (typeof value === 'string') return change(value) as Value;
  if (Array.isArray(value)) return value.map((inner) => mapTexts(inner, change)) as Value;
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).map(([name, inner]) => [
    name,
    kept?.has(name) ? inner : mapTexts(inner, change),
  ]);
  return Object.fromEntries(fields) as Value;
}

/** Replaces an absolute path where it begins one: not in `../../tmp/a`, which ends like it. */
function replacePath(text: string, path: string, by: string): string {
  if (path === '') return text;
  const places = text.split(path);
  return places.reduce((done, rest) => (/[\w.]$/.test(done) ? done + path : done + by) + rest);
}
