/** `stage.json`: the file that closes a stage's result. It is written last, so a result with it is whole. */

import { formatNewer } from './problems.ts';
import type { StageMeta } from './store.ts';

/** Its name in a stage's folder. */
export const META_FILE = 'stage.json';
/** Its version. */
const META_FORMAT = 1;

/** What `stage.json` holds. */
export interface KeptMeta extends StageMeta {
  readonly format: number;
  /** Size of each file in bytes: a result that lost one counts as absent. */
  readonly files: Readonly<Record<string, number>>;
  /** SHA-256 of each file, in stores that are read over a network. */
  readonly digests?: Readonly<Record<string, string>>;
}

/** The text of `stage.json`. */
export function serialiseMeta(meta: StageMeta, files: KeptMeta['files'], digests?: KeptMeta['digests']): string {
  const { stage, key, explain, summary } = meta;
  const kept = { format: META_FORMAT, stage, key, explain, summary, files, ...(digests ? { digests } : {}) };
  return `${JSON.stringify(kept satisfies KeptMeta, null, 1)}\n`;
}

/** Reads `stage.json`; null for what is none. Throws `STORE_FORMAT_NEWER` for one of a newer nlpflow. */
export function parseMeta(text: string, path: string): KeptMeta | null {
  const meta = parsed(text);
  if (meta === null || typeof meta.format !== 'number' || !isRecordOf('number', meta.files)) return null;
  if (meta.format > META_FORMAT) {
    throw formatNewer(path, meta.format, META_FORMAT);
  }
  // The file may come from someone else's store: a name must not lead out of the folder.
  const names = [...Object.keys(meta.files), ...Object.keys(meta.digests ?? {})];
  if (names.some((name) => !/^[^/\\\0]+$/.test(name) || /^\.+$/.test(name))) return null;
  if (meta.digests !== undefined && !isRecordOf('string', meta.digests)) return null;
  return meta;
}

function parsed(text: string): KeptMeta | null {
  try {
    return JSON.parse(text) as KeptMeta | null;
  } catch {
    return null;
  }
}

function isRecordOf(type: 'number' | 'string', value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.values(value).every((one) => typeof one === type);
}
