/** Plans of thousands of tasks: few requests, few open files. */

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test, vi } from 'vitest';
import { stageWork } from '../../src/flow/stage.ts';
import { ObjectCache } from '../../src/store/cache.ts';
import { openS3Store } from '../../src/store/s3/store.ts';
import type { Store } from '../../src/store/store.ts';
import { boostTask } from '../contract/executor.suite.ts';
import { temporaryFolder } from '../contract/temporary.ts';
import { bundledProgram } from '../contract/worker-process.ts';

/** A store on a server on this machine that answers as told and notes what it was asked. */
async function storeOn(
  answer: (asked: string, response: ServerResponse) => void,
): Promise<{ store: Store; asked: string[] }> {
  const asked: string[] = [];
  const server: Server = createServer((request: IncomingMessage, response) => {
    const line = `${request.method} ${request.url}`;
    asked.push(line);
    answer(line, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    vi.unstubAllEnvs();
    server.closeAllConnections();
    server.close();
  });
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_ENDPOINT_URL_S3', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  const store = openS3Store('s3://bucket/many', { cache: new ObjectCache(await temporaryFolder(), 2 ** 30) });
  return { store, asked };
}

function xml(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<?xml version="1.0" encoding="UTF-8"?>${body}`);
}

/** An empty bucket. */
function nothing(line: string, response: ServerResponse): void {
  const empty = '<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>';
  if (line.includes('list-type=2')) xml(response, 200, empty);
  else xml(response, 404, '<Error><Code>NoSuchKey</Code><Message>absent</Message></Error>');
}

test('thousands of tasks that are not there cost a few requests on S3', async () => {
  const { store, asked } = await storeOn(nothing);
  const tasks = Array.from({ length: 6_000 }, (_, index) => boostTask(`task ${index}`));
  const work = await stageWork('boost', tasks, store);
  expect([work.reused.length, work.missing.length]).toEqual([0, 6_000]);
  expect(asked.length).toBeLessThan(50);
});

test('never more than some dozens of requests are on their way, whoever asks', async () => {
  let open = 0;
  let most = 0;
  const waiting: (() => void)[] = [];
  const { store } = await storeOn((line, response) => {
    open += 1;
    most = Math.max(most, open);
    waiting.push(() => {
      open -= 1;
      nothing(line, response);
    });
  });
  const release = setInterval(() => {
    for (const one of waiting.splice(0)) one();
  }, 20);
  onTestFinished(() => clearInterval(release));
  const all = await Promise.all(Array.from({ length: 600 }, (_, index) => store.get(`index/${index}`)));
  expect(all.every((one) => one === null)).toBe(true);
  expect(most).toBeLessThanOrEqual(64);
});

const MANY = `
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keyOf } from '../../src/flow/keys.ts';
import { stageWork } from '../../src/flow/stage.ts';
import { openStore } from '../../src/store/open.ts';
const [url, count] = process.argv.slice(2);
const tasks = Array.from({ length: Number(count) }, (_, index) => {
  const key = keyOf({ index });
  return { id: String(index), stage: 'boost', key, label: '', explain: {}, inputs: {}, options: {} };
});
for (const { key } of tasks) {
  const folder = join(url, 'stages', 'boost', key);
  await mkdir(folder, { recursive: true });
  const meta = { format: 1, stage: 'boost', key, explain: {}, summary: { key }, files: { 'metrics.json': 2 } };
  await writeFile(join(folder, 'metrics.json'), '[]');
  await writeFile(join(folder, 'stage.json'), JSON.stringify(meta));
}
const store = await openStore(url);
// As a careless caller would, and as the flow does.
const each = await Promise.all(tasks.map(({ key }) => store.has('boost', key)));
const work = await stageWork('boost', tasks, store);
const isRight = work.reused.every(({ id, key }) => work.summaries.get(id).key === key);
process.stdout.write(JSON.stringify({ there: each.filter(Boolean).length, reused: work.reused.length, isRight }));
`;

test('with 256 open files at most thousands of results are found', async () => {
  const program = await bundledProgram('many', MANY);
  const url = join(await temporaryFolder(), 'store');
  const script = 'ulimit -n 256 && exec "$0" "$@"';
  const { stdout } = await promisify(execFile)('bash', ['-c', script, process.execPath, program, url, '2000']);
  expect(JSON.parse(stdout)).toEqual({ there: 2_000, reused: 2_000, isRight: true });
});
