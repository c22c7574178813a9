/** Looks at everything in a store while it is used, and tells what is not whole. */

import { createHash } from 'node:crypto';
import type { StageName } from '../../src/events.ts';
import type { Store } from '../../src/store/store.ts';

/** What is wrong, a sentence each. An object that goes away in between is none of it. */
export async function brokenObjects(store: Store): Promise<string[]> {
  const broken: string[] = [];
  const results = new Set<string>();
  for await (const { path } of store.list('')) {
    const [top, stage = '', key = ''] = path.split('/');
    if (top === 'stages') results.add(`${stage}/${key}`);
    const wrong = top === 'stages' || !CHECKED.test(path) ? undefined : await wrongOf(path, store);
    if (wrong !== undefined) broken.push(`${path}: ${wrong}`);
  }
  for (const result of results) {
    const [stage = '', key = ''] = result.split('/');
    // A folder without its stage.json is as wrong as one that lacks files: nothing of what is unfinished may be listed.
    if (!(await store.has(stage as StageName, key))) broken.push(`stages/${result} is visible and not whole`);
  }
  return broken;
}

/** Files whose content shows whether they are whole. */
const CHECKED = /\.(?:jsonl?|parquet)$|^checkpoints\//;

async function wrongOf(path: string, store: Store): Promise<string | undefined> {
  const found = await store.get(path);
  if (!found) return undefined;
  const { bytes } = found;
  if (path.startsWith('checkpoints/')) return wrongCheckpoint(bytes);
  if (path.endsWith('.parquet')) {
    const isWhole =
      bytes.length > 8 &&
      bytes.toString('latin1', 0, 4) === 'PAR1' &&
      bytes.toString('latin1', bytes.length - 4) === 'PAR1';
    return isWhole ? undefined : 'a cut off table';
  }
  const text = bytes.toString('utf8');
  if (path.endsWith('.jsonl') && text !== '' && !text.endsWith('\n')) return 'its last line is cut off';
  const documents = path.endsWith('.jsonl') ? text.split('\n').filter((line) => line !== '') : [text];
  return documents.every(isJson) ? undefined : 'no JSON';
}

function wrongCheckpoint(bytes: Buffer): string | undefined {
  const end = bytes.indexOf('\n');
  const header = bytes.toString('utf8', 0, Math.max(0, end));
  if (end < 0 || !isJson(header)) return 'no header';
  const { sha256 } = JSON.parse(header) as { sha256: string };
  const digest = createHash('sha256')
    .update(bytes.subarray(end + 1))
    .digest('hex');
  return digest === sha256 ? undefined : 'its booster is not that of its header';
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
