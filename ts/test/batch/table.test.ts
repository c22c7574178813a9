/** The table's way into the store: under the digest of its bytes, or not at all. */

import { createHash } from 'node:crypto';
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withTableInStore } from '../../src/executors/batch/table.ts';
import type { Task } from '../../src/flow/task.ts';
import { openFolderStore } from '../../src/store/folder.ts';
import type { Store } from '../../src/store/store.ts';
import { temporaryFolder } from '../contract/temporary.ts';

const TEXT = 't,y\none,1\n';
const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

function corpusOf(input: string, data: string): Task {
  const options = { input, digest: data };
  return { id: 'corpus', stage: 'corpus', key: 'k', label: 'corpus', explain: { data }, inputs: {}, options };
}

async function pathsOf(store: Store): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of store.list('data/')) paths.push(path);
  return paths;
}

test('a table that changed after its digest was taken is refused, and nothing of it stays', async () => {
  const folder = await temporaryFolder();
  const file = join(folder, 'a.csv');
  const store = openFolderStore(join(folder, 'store'));
  await writeFile(file, TEXT.replace('one', 'two'));
  const sending = withTableInStore(corpusOf(file, digestOf(TEXT)), store);
  await expect(sending).rejects.toMatchObject({ code: 'INPUT_CHANGED', exitCode: 3 });
  expect(await pathsOf(store)).toEqual([]);
});

test('what lies under a digest and is not of it is replaced', async () => {
  const folder = await temporaryFolder();
  const file = join(folder, 'a.csv');
  const store = openFolderStore(join(folder, 'store'));
  await writeFile(file, TEXT);
  const task = await withTableInStore(corpusOf(file, digestOf(TEXT)), store);
  const path = `data/${digestOf(TEXT)}/a.csv`;
  expect(task.options).toEqual({ input: `store:${path}`, digest: digestOf(TEXT) });
  await appendFile(join(folder, 'store', path), 'poison,2\n');
  await withTableInStore(corpusOf(file, digestOf(TEXT)), store);
  expect(String((await store.get(path))?.bytes)).toBe(TEXT);
});
