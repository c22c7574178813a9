/** What a person writes on a run, `labels.json`: kept apart from the record, which belongs to the run alone. */

import { z } from 'zod';
import { NlpflowError } from '../errors.ts';
import { formatNewer } from '../store/problems.ts';
import type { Store } from '../store/store.ts';
import { blotOut, secretValues } from './secrets.ts';

const LABELS_FILE = 'labels.json';
/** A writer that loses every race so often meets more than other writers. */
const ATTEMPTS = 50;

const FORMAT = 1;

const schema = z.object({
  format: z.literal(FORMAT),
  name: z.string().optional(),
  tags: z.array(z.string()),
  note: z.string().optional(),
});

/** Tags in the order of the alphabet; a name here replaces that of the record. */
export interface Labels {
  readonly name?: string | undefined;
  readonly tags: readonly string[];
  readonly note?: string | undefined;
}

/** What to change; an empty note removes it. */
export interface LabelChange {
  readonly name?: string | undefined;
  readonly note?: string | undefined;
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
}

/** The labels of a run, to be shown; a file that cannot be read counts as none. */
export async function readLabels(store: Store, id: string): Promise<Labels> {
  const found = await store.get(path(id));
  try {
    return parse(found?.bytes, store, id);
  } catch {
    return { tags: [] };
  }
}

/** The labels of a run, to act on. Throws `STORE_FORMAT_NEWER` or `ARTIFACT_DAMAGED` for a file that cannot be read. */
export async function readLabelsStrictly(store: Store, id: string): Promise<Labels> {
  return parse((await store.get(path(id)))?.bytes, store, id);
}

/** Changes the labels of a run; changes that others make at the same time are kept. */
export async function changeLabels(store: Store, id: string, change: LabelChange): Promise<Labels> {
  for (const tag of change.add ?? []) checkTag(tag);
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const found = await store.get(path(id));
    const labels = changed(parse(found?.bytes, store, id), change);
    const text = `${JSON.stringify({ format: FORMAT, ...labels })}\n`;
    if (found?.bytes.toString('utf8') === text) return labels;
    if (await store.put(path(id), text, found ? { etag: found.etag } : { absent: true })) return labels;
  }
  throw new NlpflowError('STORE_NOT_WRITABLE', `the labels of run ${id} are changed by others all the time; try again`);
}

/** Refuses a tag that could not be typed again: `-a` is an option. */
function checkTag(tag: string): void {
  if (/^[\p{L}\p{N}][\p{L}\p{N}._:/-]+$/u.test(tag) && tag.length <= 100) return;
  throw new NlpflowError(
    'USAGE',
    `${tag === '' ? 'an empty text' : tag} is no tag: a letter or digit, then one or more letters, digits and . _ : / -`,
  );
}

function changed(before: Labels, { name, note, add = [], remove = [] }: LabelChange): Labels {
  const tags = new Set([...before.tags, ...add]);
  for (const tag of remove) tags.delete(tag);
  const written = note === undefined ? undefined : blotOut(note, secretValues());
  const kept = { name: name ?? before.name, note: written ?? before.note };
  return {
    ...(kept.name === undefined ? {} : { name: kept.name }),
    tags: [...tags].sort(),
    ...(kept.note === undefined || kept.note === '' ? {} : { note: kept.note }),
  };
}

function parse(bytes: Buffer | undefined, store: Store, id: string): Labels {
  if (!bytes) return { tags: [] };
  const file = store.runPath(id, LABELS_FILE);
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw damaged(file, error);
  }
  const { format } = (parsed ?? {}) as { format?: unknown };
  if (typeof format === 'number' && format > FORMAT) throw formatNewer(file, format, FORMAT);
  const checked = schema.safeParse(parsed);
  if (!checked.success) throw damaged(file, checked.error);
  const { format: _, ...labels } = checked.data;
  return labels;
}

function damaged(file: string, cause: unknown): NlpflowError {
  return new NlpflowError(
    'ARTIFACT_DAMAGED',
    `${file} does not hold the labels of a run; restore it from a copy, or remove this file to start with none`,
    { cause },
  );
}

function path(id: string): string {
  return `runs/${id}/${LABELS_FILE}`;
}
