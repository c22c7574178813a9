/** What every store must do; a new store calls this with a way to open it on an empty place. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { StageMeta, Store } from '../../src/store/store.ts';
import { temporaryFolder } from './temporary.ts';

const KEY = 'a'.repeat(32);

function meta(summary: unknown, key: string = KEY): StageMeta {
  return { stage: 'features', key, explain: { stage: 'features', fold: 1 }, summary };
}

/** Fills and commits a result. */
async function put(store: Store, text: string, key: string = KEY): Promise<void> {
  const staging = await store.begin('features', key);
  await writeFile(join(staging.path, 'matrix.arrow'), text);
  await staging.commit(meta({ text }, key));
}

async function content(store: Store, key: string = KEY): Promise<string> {
  return readFile(join(await store.folder('features', key), 'matrix.arrow'), 'utf8');
}

/** Runs the contract; `open` opens a store on an empty place of its own, `again` the same place a second time. */
export function storeContract(name: string, open: () => Promise<{ store: Store; again: () => Store }>): void {
  describe(`${name}: stages`, () => {
    test('an empty store has nothing and says so', async () => {
      const { store } = await open();
      expect(await store.has('features', KEY)).toBe(false);
      await expect(store.folder('features', KEY)).rejects.toMatchObject({ code: 'ARTIFACT_NOT_FOUND' });
      await expect(store.summary('features', KEY)).rejects.toMatchObject({ code: 'ARTIFACT_NOT_FOUND' });
    });

    test('nothing is visible before commit, all after', async () => {
      const { store, again } = await open();
      const staging = await store.begin('features', KEY);
      await writeFile(join(staging.path, 'matrix.arrow'), 'whole');
      expect(await store.has('features', KEY)).toBe(false);
      await staging.commit(meta({ columns: 3 }));
      for (const reader of [store, again()]) {
        expect(await reader.has('features', KEY)).toBe(true);
        expect(await content(reader)).toBe('whole');
        expect(await reader.summary('features', KEY)).toEqual({ columns: 3 });
      }
    });

    test('the same key of another stage is another result', async () => {
      const { store } = await open();
      await put(store, 'one');
      expect(await store.has('boost', KEY)).toBe(false);
    });

    test('discarded work leaves nothing, also after commit', async () => {
      const { store } = await open();
      const dropped = await store.begin('features', KEY);
      await writeFile(join(dropped.path, 'matrix.arrow'), 'part');
      await dropped.discard();
      await dropped.discard();
      expect(await store.has('features', KEY)).toBe(false);
      await put(store, 'whole');
      expect(await content(store)).toBe('whole');
    });

    test('write once: the second of two writers is dropped in silence', async () => {
      const { store, again } = await open();
      const first = await store.begin('features', KEY);
      const second = await again().begin('features', KEY);
      await writeFile(join(first.path, 'matrix.arrow'), 'first');
      await writeFile(join(second.path, 'matrix.arrow'), 'second');
      await first.commit(meta('first'));
      await second.commit(meta('second'));
      expect(await content(store)).toBe('first');
      expect(await store.summary('features', KEY)).toBe('first');
    });

    test('16 racing writers: one whole result', async () => {
      const { store, again } = await open();
      const texts = Array.from({ length: 16 }, (_, index) => String(index).repeat(1000));
      await Promise.all(texts.map((text) => put(again(), text)));
      expect(await store.summary('features', KEY)).toEqual({ text: await content(store) });
      expect(texts).toContain(await content(store));
    });

    test('summaries of many keys are those of the results that are there and whole', async () => {
      const { store, again } = await open();
      const keys = Array.from({ length: 40 }, (_, index) => index.toString(16).padStart(2, '0').repeat(16));
      const there = keys.filter((_, index) => index % 3 === 0);
      for (const key of there) await put(store, `text ${key}`, key);
      await put(store, 'not asked for', 'f'.repeat(32));
      const wanted = new Map(there.map((key) => [key, { text: `text ${key}` }]));
      for (const reader of [store, again(), store]) {
        expect(new Map([...(await reader.summaries('features', keys))].sort())).toEqual(wanted);
        expect([...(await reader.summaries('features', keys.slice(0, 4))).keys()].sort()).toEqual(there.slice(0, 2));
      }
      await store.remove('features', there[0] ?? '');
      expect((await store.summaries('features', keys)).size).toBe(there.length - 1);
      expect((await store.summaries('boost', keys)).size).toBe(0);
      await expect(store.summaries('boost', ['../x'])).rejects.toMatchObject({ code: 'STORE_PATH_INVALID' });
    });

    test('who makes a result anew replaces a different one, and leaves an equal one as it is', async () => {
      const { store, again } = await open();
      const commit = async (text: string, replace: boolean): Promise<string> => {
        const staging = await again().begin('features', KEY, { replace });
        await writeFile(join(staging.path, 'matrix.arrow'), text);
        return staging.commit(meta({ text }));
      };
      expect(await commit('one', true)).toBe('new');
      const path = `stages/features/${KEY}/matrix.arrow`;
      const etagOf = async (): Promise<string | undefined> => (await store.get(path))?.etag;
      const etag = await etagOf();
      expect(await commit('one', true)).toBe('kept');
      expect(await commit('two', false)).toBe('kept');
      expect(await etagOf()).toBe(etag);
      expect(await commit('two', true)).toBe('replaced');
      expect(await content(store)).toBe('two');
      expect(await store.summary('features', KEY)).toEqual({ text: 'two' });
    });

    test('a removed result is gone and can be made again', async () => {
      const { store } = await open();
      await put(store, 'one');
      await store.remove('features', KEY);
      await store.remove('features', KEY);
      expect(await store.has('features', KEY)).toBe(false);
      await put(store, 'two');
      expect(await content(store)).toBe('two');
    });
  });

  describe(`${name}: runs`, () => {
    test('files of a run are read back; an absent one is null', async () => {
      const { store, again } = await open();
      await store.putRun('20261124-000000-aaaa', 'run.json', '{"a":1}');
      await store.putRun('20261124-000000-aaaa', 'results.parquet', new Uint8Array([0, 255]));
      expect(String(await again().getRun('20261124-000000-aaaa', 'run.json'))).toBe('{"a":1}');
      expect([...((await store.getRun('20261124-000000-aaaa', 'results.parquet')) ?? [])]).toEqual([0, 255]);
      expect(await store.getRun('20261124-000000-aaaa', 'model.nlpf')).toBeNull();
      expect(await store.getRun('nothing', 'run.json')).toBeNull();
    });

    test('a file is replaced at once: a reader sees the old or the new one', async () => {
      const { store, again } = await open();
      const texts = ['a', 'b'].map((letter) => letter.repeat(200_000));
      await store.putRun('r', 'run.json', texts[0] ?? '');
      const writes = Promise.all(
        Array.from({ length: 10 }, (_, index) => store.putRun('r', 'run.json', texts[index % 2] ?? '')),
      );
      for (let read = 0; read < 20; read += 1) expect(texts).toContain(String(await again().getRun('r', 'run.json')));
      await writes;
    });

    test('a stage file gets a name in a run', async () => {
      const { store } = await open();
      await put(store, 'model');
      const from = { stage: 'features', key: KEY, file: 'matrix.arrow' } as const;
      await store.linkRun('r', 'model.nlpf', from);
      await store.linkRun('r', 'model.nlpf', from);
      expect(String(await store.getRun('r', 'model.nlpf'))).toBe('model');
      expect(await readFile(await store.local('runs/r/model.nlpf'), 'utf8')).toBe('model');
      expect(store.runPath('r', 'model.nlpf')).toBe(`${store.url}/runs/r/model.nlpf`);
    });

    test('runs are listed in the order of their ids', async () => {
      const { store } = await open();
      expect(await store.listRuns()).toEqual([]);
      for (const id of ['20261125-1', '20261124-1', '20261126-1']) await store.putRun(id, 'run.json', '{}');
      expect(await store.listRuns()).toEqual(['20261124-1', '20261125-1', '20261126-1']);
    });
  });

  describe(`${name}: objects`, () => {
    const paths = async (store: Store, prefix: string): Promise<string[]> => {
      const found: string[] = [];
      for await (const { path } of store.list(prefix)) found.push(path);
      return found;
    };

    test('an object is read back with its etag; an absent one is null', async () => {
      const { store, again } = await open();
      const etag = await store.put('index/a.json', '{"a":1}');
      expect(await again().get('index/a.json')).toEqual({ bytes: Buffer.from('{"a":1}'), etag });
      expect(await store.get('index/b.json')).toBeNull();
      expect(await store.get('index')).toBeNull();
    });

    test('an empty object and one of arbitrary bytes', async () => {
      const { store } = await open();
      await store.put('index/empty', '');
      await store.put('index/bytes', new Uint8Array([0, 10, 13, 255]));
      expect((await store.get('index/empty'))?.bytes.length).toBe(0);
      expect([...((await store.get('index/bytes'))?.bytes ?? [])]).toEqual([0, 10, 13, 255]);
    });

    test('absent: only the first of two writes', async () => {
      const { store, again } = await open();
      expect(await store.put('index/a', 'one', { absent: true })).not.toBeNull();
      expect(await again().put('index/a', 'two', { absent: true })).toBeNull();
      expect(String((await store.get('index/a'))?.bytes)).toBe('one');
    });

    test('etag: only over the version that was read', async () => {
      const { store, again } = await open();
      const first = (await store.put('index/a', 'one')) ?? '';
      const second = await again().put('index/a', 'two', { etag: first });
      expect(second).not.toBeNull();
      expect(second).not.toBe(first);
      expect(await store.put('index/a', 'six', { etag: first })).toBeNull();
      expect(await store.put('index/b', 'new', { etag: first })).toBeNull();
      expect(await store.get('index/a')).toEqual({ bytes: Buffer.from('two'), etag: second });
      expect(await store.get('index/b')).toBeNull();
    });

    test('16 racing writers with { absent: true }: one writes', async () => {
      const { store, again } = await open();
      const writes = Array.from({ length: 16 }, (_, index) => again().put('index/a', String(index), { absent: true }));
      const winners = (await Promise.all(writes)).flatMap((etag, index) => (etag === null ? [] : [index]));
      expect(winners).toHaveLength(1);
      expect(String((await store.get('index/a'))?.bytes)).toBe(String(winners[0]));
    });

    test('a counter that racing writers raise by etag loses no step', async () => {
      const { store, again } = await open();
      await store.put('index/count', '0');
      const raise = async (): Promise<void> => {
        for (;;) {
          const found = await again().get('index/count');
          const next = String(Number(String(found?.bytes)) + 1);
          if ((await again().put('index/count', next, { etag: found?.etag ?? '' })) !== null) return;
        }
      };
      await Promise.all(Array.from({ length: 8 }, () => raise().then(raise)));
      expect(String((await store.get('index/count'))?.bytes)).toBe('16');
    });

    test('a listing is in the order of paths, with sizes and etags', async () => {
      const { store } = await open();
      expect(await paths(store, '')).toEqual([]);
      for (const path of ['runs/b/run.json', 'runs/a/run.json', 'runs/a.json', 'runs/a/logs/x', 'index/é', 'index/z']) {
        await store.put(path, path);
      }
      expect(await paths(store, 'runs/')).toEqual([
        'runs/a.json',
        'runs/a/logs/x',
        'runs/a/run.json',
        'runs/b/run.json',
      ]);
      expect(await paths(store, 'runs/a/')).toEqual(['runs/a/logs/x', 'runs/a/run.json']);
      expect(await paths(store, 'runs/a')).toEqual(['runs/a.json', 'runs/a/logs/x', 'runs/a/run.json']);
      expect(await paths(store, 'index/')).toEqual(['index/z', 'index/é']);
      expect(await paths(store, 'nothing/')).toEqual([]);
      for await (const object of store.list('runs/b/')) {
        expect(object.bytes).toBe('runs/b/run.json'.length);
        expect(object.etag).toBe((await store.get(object.path))?.etag);
        expect(Math.abs(Date.now() - object.modified.getTime())).toBeLessThan(600_000);
      }
    });

    test('a listing shows finished stages and runs, nothing that is being written', async () => {
      const { store } = await open();
      await put(store, 'whole');
      await store.putRun('r', 'run.json', '{}');
      const staging = await store.begin('boost', KEY);
      await writeFile(join(staging.path, 'metrics.json'), '[]');
      expect(await paths(store, '')).toEqual([
        'runs/r/run.json',
        `stages/features/${KEY}/matrix.arrow`,
        `stages/features/${KEY}/stage.json`,
      ]);
      await staging.discard();
    });

    test('a deleted object is gone; deleting again is harmless', async () => {
      const { store } = await open();
      await store.put('runs/r/notes', 'x');
      await store.delete('runs/r/notes');
      await store.delete('runs/r/notes');
      expect(await store.get('runs/r/notes')).toBeNull();
      expect(await paths(store, '')).toEqual([]);
      expect(await store.listRuns()).toEqual([]);
    });

    test('a prefix that leads out of the store is refused', async () => {
      const { store } = await open();
      await expect(paths(store, '../')).rejects.toMatchObject({ code: 'STORE_PATH_INVALID' });
      await expect(paths(store, 'runs/../../x')).rejects.toMatchObject({ code: 'STORE_PATH_INVALID' });
    });

    test('a file of this machine becomes an object, and an object a file', async () => {
      const { store, again } = await open();
      const file = join(await temporaryFolder(), 'file');
      await writeFile(file, 'content');
      await store.putFile('runs/r/logs/boost.txt', file);
      expect(await readFile(await again().local('runs/r/logs/boost.txt'), 'utf8')).toBe('content');
      await expect(store.local('runs/r/logs')).rejects.toMatchObject({ code: 'ARTIFACT_NOT_FOUND' });
      await expect(store.local('runs/r/other')).rejects.toMatchObject({ code: 'ARTIFACT_NOT_FOUND' });
    });

    test('the digest of an object is the SHA-256 of its content', async () => {
      const { store } = await open();
      await put(store, 'abc');
      await store.putRun('r', 'abc', 'abc');
      const digest = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
      expect(await store.digest('runs/r/abc')).toBe(digest);
      expect(await store.digest(`stages/features/${KEY}/matrix.arrow`)).toBe(digest);
      expect(await store.digest('runs/r/other')).toBeNull();
      expect(await store.digest('runs/r')).toBeNull();
    });

    test.each(['../outside', 'runs/../../outside', '/etc/passwd', 'a//b', '', 'runs/.', 'a\\b', 'a\0'])(
      'the path %j is refused',
      async (path) => {
        const { store } = await open();
        await expect(store.put(path, 'x')).rejects.toMatchObject({ code: 'STORE_PATH_INVALID' });
        await expect(store.get(path)).rejects.toMatchObject({ code: 'STORE_PATH_INVALID' });
        await expect(store.delete(path)).rejects.toMatchObject({ code: 'STORE_PATH_INVALID' });
      },
    );
  });
}
