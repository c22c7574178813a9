/** The printed policies against the calls that are made: each is allowed, and nothing is allowed that no call needs. */

import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { POLICIES, type Policy, policyIn } from '../../src/aws/policies.ts';
import { readSetup } from '../../src/aws/setup.ts';
import type { BatchServer } from '../batch-server/server.ts';
import { type BundledCli, bundleCli } from '../cli/bundle-cli.ts';
import { folderWith, runCli } from '../cli/run-cli.ts';
import { batchWorld } from '../contract/batch.ts';
import { FAKE_NATIVE } from '../contract/worker-process.ts';
import { HAS_S3, type S3Server, startS3 } from '../s3/server.ts';

const SETUP = readSetup({
  name: 'nlpflow',
  bucket: 'nlpflow-test',
  prefix: 'runs',
  'max-vcpus': 4,
  subnets: [],
  'security-groups': [],
  github: undefined,
});
const PLACE = { partition: 'aws', region: 'eu-test-1', account: '000000000000' };

/** Allowed for calls that no test makes, with the reason. */
const UNSEEN: Readonly<Record<string, string>> = {
  'batch:tagresource': 'AWS asks for it when a job or definition is made with tags; it is no call of its own',
  'iam:passrole': 'AWS asks for it when a definition names roles; it is no call of its own',
  'batch:listjobs': 'failed children of arrays, and jobs that could not be noted',
  'batch:getjobqueuesnapshot': 'why: a job behind others',
  'ecs:describeclusters': 'why: instances that joined no cluster',
  'ecr:getdownloadurlforlayer': 'doctor: an image for one kind of processor names it in its configuration only',
  's3:abortmultipartupload': 'an upload of a large object that was given up',
};

/** Calls that need no permission. */
const FREE = new Set(['sts:getcalleridentity']);

let cli: BundledCli;
let server: BatchServer;
let s3: S3Server;
const objects = new Set<string>();
let watched: ReturnType<typeof createServer>;

beforeAll(async () => {
  if (!HAS_S3) return;
  cli = await bundleCli('fake');
  process.env['NLPFLOW_NATIVE'] = FAKE_NATIVE;
  s3 = await startS3();
  // Stands before the S3 server and notes what passes; the signature holds, since the host's name is passed on.
  watched = createServer((incoming, outgoing) => {
    objects.add(actionOf(incoming.method ?? '', new URL(incoming.url ?? '/', s3.endpoint)));
    const { method, url, headers } = incoming;
    const passed = send(s3.endpoint + url, { method, headers } as never, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(passed);
  });
  await new Promise<void>((resolve) => watched.listen(0, '127.0.0.1', resolve));
  server = await batchWorld(cli.main);
  const { AWS_REGION: _, ...keys } = s3.env;
  const endpoint = `http://127.0.0.1:${(watched.address() as AddressInfo).port}`;
  Object.assign(process.env, keys, { AWS_ENDPOINT_URL_S3: endpoint, AWS_REGION: 'us-east-1' });
});
afterAll(async () => {
  if (!HAS_S3) return;
  await server.close();
  watched.closeAllConnections();
  watched.close();
  await s3.close();
});

/** `s3:getobject runs/…`: the permission that a request needs, and for what. */
function actionOf(method: string, { pathname, searchParams }: URL): string {
  const key = decodeURIComponent(pathname).split('/').slice(2).join('/');
  if (key === '') return `s3:listbucket ${searchParams.get('prefix') ?? ''}`;
  if (method === 'DELETE') return `s3:${searchParams.has('uploadId') ? 'abortmultipartupload' : 'deleteobject'} ${key}`;
  return `s3:${method === 'GET' || method === 'HEAD' ? 'getobject' : 'putobject'} ${key}`;
}

function allowed(policy: Policy): Set<string> {
  return new Set(policy.Statement.flatMap(({ Action }) => Action.map((action) => action.toLowerCase())));
}

describe.skipIf(!HAS_S3)('the printed policies', () => {
  test('allow what run, why, cancel and doctor call, and nothing else', async () => {
    const config = 'data: { source: a.csv, text: t, outcome: y }\ntune: { folds: 2, grid: { trees: [100] } }\n';
    const cwd = await folderWith({ 'nlpflow.yaml': config, 'a.csv': 't,y\none,1\n' });
    const role = (name: string) => `arn:aws:iam::000000000000:role/${name}`;
    const env = {
      NLPFLOW_STORE: 's3://nlpflow-test/runs',
      NLPFLOW_QUEUE: 'spot',
      NLPFLOW_IMAGE: '000000000000.dkr.ecr.eu-test-1.amazonaws.com/nlpflow:test',
      NLPFLOW_JOB_ROLE: role('job'),
      NLPFLOW_EXECUTION_ROLE: role('execution'),
      NLPFLOW_LOG_GROUP: '/nlpflow/tasks',
    };
    const nlpflow = (line: string) => runCli(line, { cwd, env, worker: cli.worker, clock: server.clock });
    expect(await nlpflow('run --on batch')).toMatchObject({ code: 0 });
    await nlpflow('doctor');
    server.faults.memoryNeeded = () => 1e9;
    await nlpflow('run --on batch --fresh');
    server.faults.stuck = () => true;
    expect(await nlpflow('run --on batch --fresh --detach')).toMatchObject({ code: 0 });
    await nlpflow('why last');
    expect(await nlpflow('cancel last')).toMatchObject({ code: 0 });
    const made = [...server.actions, ...[...objects].map((one) => one.split(' ')[0] ?? '')].filter(
      (one) => !FREE.has(one),
    );
    const user = allowed(policyIn(POLICIES.user(SETUP), PLACE));
    expect([...new Set(made)].filter((action) => !user.has(action))).toEqual([]);
    const known = new Set([...made, ...Object.keys(UNSEEN)]);
    expect([...user].filter((action) => !known.has(action))).toEqual([]);
    // The tasks' own policy covers all that is done with the store, and only below the prefix.
    const job = allowed(policyIn(POLICIES.job(SETUP), PLACE));
    const store = [...objects].map((one) => one.split(' ') as [string, string]);
    expect(store.filter(([action, key]) => !job.has(action) || !key.startsWith('runs/'))).toEqual([]);
    expect([...job].filter((action) => !known.has(action))).toEqual([]);
  });
});
