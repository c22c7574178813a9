/** Large artifacts: in parts, with progress, in little memory; and listings of more than a page. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../contract/temporary.ts';
import { bundledProgram } from '../contract/worker-process.ts';
import { LARGE_PROGRAM, type LargeReport } from './large-program.ts';
import { freshUrl, s3Place, useS3 } from './places.ts';
import { HAS_S3, type S3Server, startS3 } from './server.ts';

const MIB = 2 ** 20;
let server: S3Server;

describe.skipIf(!HAS_S3)('S3 and large artifacts', () => {
  beforeAll(async () => {
    server = await startS3();
  });
  afterAll(() => server.close());

  test('64 MiB go there and back in parts, with progress, in less memory than 300 MiB', async () => {
    useS3(server, { NLPFLOW_CACHE: await temporaryFolder() });
    const program = await bundledProgram('large', LARGE_PROGRAM);
    const child = spawn(process.execPath, [program, freshUrl(server), '64'], { stdio: ['ignore', 'pipe', 'pipe'] });
    const [said, complaint] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    expect(complaint).toBe('');
    const report = JSON.parse(said) as LargeReport;
    expect(report.isSame).toBe(true);
    expect(report.progress.length).toBeGreaterThan(4);
    expect(report.progress.toSorted((a, b) => a - b)).toEqual(report.progress);
    expect(report.progress.at(-1)).toBe(64 * MIB);
    expect(report.peakBytes).toBeLessThan(300 * MIB);
  });

  test('a listing of several pages has every object once, in order', async () => {
    const { store, again } = await s3Place(server, { pageSize: 10 });
    const wanted = Array.from({ length: 45 }, (_, index) => `runs/${String(index).padStart(3, '0')}/run.json`);
    await Promise.all(wanted.map((path) => store.put(path, path)));
    const found: string[] = [];
    for await (const { path } of again().list('runs/')) found.push(path);
    expect(found).toEqual(wanted);
    expect(await store.listRuns()).toEqual(wanted.map((path) => path.split('/')[1]));
  });
});
