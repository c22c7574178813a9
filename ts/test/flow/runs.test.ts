import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { findRun, listRuns } from '../../src/runs/index.ts';
import { newRunId, parseRun, type RunRecord, serialiseRun } from '../../src/runs/manifest.ts';
import { openFolderStore } from '../../src/store/folder.ts';
import type { Store } from '../../src/store/store.ts';
import { temporaryFolder } from '../contract/temporary.ts';
import { CONFIG } from './fixture.ts';

function record(id: string, change: Partial<RunRecord> = {}): RunRecord {
  return {
    format: 1,
    id,
    name: 'debian',
    status: 'done',
    until: 'fit',
    created: `2026-11-${id.slice(6, 8)}T00:00:00.000Z`,
    config: CONFIG,
    config_path: 'nlpflow.yaml',
    data: { digest: 'd', bytes: 1 },
    versions: {},
    plan: { configurations: 1, boosters: 1, folds: 2, recipes: 1 },
    keys: {},
    summaries: {},
    failures: [],
    seconds: 1,
    process: { pid: process.pid, host: hostname() },
    ...change,
  };
}

async function storeWith(...records: RunRecord[]): Promise<Store> {
  const store = openFolderStore(await temporaryFolder());
  for (const one of records) await store.putRun(one.id, 'run.json', serialiseRun(one));
  return store;
}

test('ids sort by time and differ within a second', () => {
  const id = newRunId(new Date('2026-11-24T03:05:07.999Z'), () => new Uint8Array([0, 25, 26, 255]));
  expect(id).toBe('20261124-030507-az27');
  expect(newRunId(new Date())).toMatch(/^\d{8}-\d{6}-[a-z2-7]{4}$/);
  expect(newRunId(new Date('2027-01-01')) > id).toBe(true);
});

test('runs are listed newest first; a damaged record does not hide the others', async () => {
  const store = await storeWith(
    record('20261124-000000-aaaa'),
    record('20261126-000000-aaaa'),
    record('20261125-000000-aaaa'),
  );
  await store.putRun('20261127-000000-aaaa', 'run.json', '{"format":');
  expect((await listRuns(store)).map(({ id }) => id.slice(0, 8))).toEqual(['20261126', '20261125', '20261124']);
});

test('a run is found by id, name, start of its id, or last', async () => {
  const store = await storeWith(
    record('20261124-000000-aaaa'),
    record('20261125-000000-bbbb', { name: 'sms' }),
    record('20261126-000000-cccc'),
  );
  expect((await findRun(store, '20261124-000000-aaaa')).id).toBe('20261124-000000-aaaa');
  expect((await findRun(store, 'debian')).id).toBe('20261126-000000-cccc');
  expect((await findRun(store, 'sms')).id).toBe('20261125-000000-bbbb');
  expect((await findRun(store, '20261125')).id).toBe('20261125-000000-bbbb');
  expect((await findRun(store, 'last')).id).toBe('20261126-000000-cccc');
});

test('what is not found says what there is', async () => {
  const empty = await storeWith();
  await expect(findRun(empty, 'last')).rejects.toMatchObject({
    code: 'RUN_NOT_FOUND',
    message: expect.stringContaining('no runs yet') as string,
  });
  const store = await storeWith(record('20261124-000000-aaaa'), record('20261124-000001-bbbb'));
  await expect(findRun(store, '20261124')).rejects.toThrow('2 runs start with it');
  await expect(findRun(store, 'other')).rejects.toThrow('the newest is 20261124-000001-bbbb (debian)');
  await expect(findRun(store, '../../etc')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
});

test('a run whose process was killed is interrupted, one of another host is believed', async () => {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  const pid = child.pid ?? 0;
  const store = await storeWith(
    record('20261124-000000-aaaa', { status: 'running', process: { pid, host: hostname() } }),
    record('20261125-000000-aaaa', { status: 'running', process: { pid, host: 'elsewhere' } }),
    record('20261126-000000-aaaa', { status: 'running' }),
  );
  expect((await listRuns(store)).map(({ status }) => status)).toEqual(['running', 'running', 'interrupted']);
});

test('a record of a newer nlpflow is refused with a way out', () => {
  expect(() => parseRun('{"format": 3, "id": "x"}', 'run.json')).toThrow(
    expect.objectContaining({ code: 'STORE_FORMAT_NEWER' }),
  );
  for (const text of ['[]', 'null', '{}', 'text']) {
    expect(() => parseRun(text, 'run.json')).toThrow(expect.objectContaining({ code: 'ARTIFACT_DAMAGED' }));
  }
});
