/** The server: HTTP on 127.0.0.1, one port for all services; see BEHAVIOUR.md. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, clockAt } from '../../src/executors/batch/clock.ts';
import { type Account, answerJson, answerQuery, plainAccount } from './account.ts';
import { Compute } from './compute.ts';
import type { Launch } from './container.ts';
import { clientError, ServiceError } from './errors.ts';
import { type Faults, noFaults } from './faults.ts';
import { JobTable } from './jobs.ts';
import { LogStreams } from './logs.ts';
import type { Job } from './model.ts';
import { type Pace, Scheduler } from './scheduler.ts';

export interface BatchServer {
  readonly url: string;
  readonly clock: Clock;
  /** Change them while the server runs. */
  readonly faults: Faults;
  readonly account: Account;
  readonly compute: Compute;
  readonly jobs: ReadonlyMap<string, Job>;
  /** Jobs of a queue that wait for room, in their order. */
  waiting(queue: string): readonly Job[];
  /** Every call of Batch with the clock's time, throttled ones included. */
  readonly calls: { readonly operation: string; readonly time: number; readonly throttled: boolean }[];
  /** Every kind of call to any service as IAM calls it, in small letters: `batch:submitjob`. */
  readonly actions: ReadonlySet<string>;
  /** The variables that make the SDK's clients talk to this server. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Starts a server; without `launch` no container can run. */
export async function startBatchServer(
  of: { launch?: (clock: Clock) => Launch; speed?: number; pace?: Partial<Pace> } = {},
): Promise<BatchServer> {
  const clock = clockAt(of.speed ?? 1);
  const faults = noFaults();
  const account = plainAccount();
  const compute = new Compute();
  const logs = new LogStreams();
  const jobs = new Map<string, Job>();
  const launch = of.launch?.(clock) ?? noImage;
  const pace = { scheduling: 5, starting: 5, grace: 120_000, ...of.pace };
  const scheduler = new Scheduler({ jobs, clock, pace, compute, launch, faults, logs });
  const table = new JobTable({ jobs, compute, scheduler, clock, faults });
  const batch = batchOperations(compute, table);
  const calls: { operation: string; time: number; throttled: boolean }[] = [];
  const actions = new Set<string>();

  const callBatch = (operation: string, body: never, path: string, query: URLSearchParams): object => {
    const run = batch[operation];
    if (!run) throw clientError(`this server does not know ${operation}`);
    const throttled = faults.throttle(operation);
    calls.push({ operation, time: clock.now(), throttled });
    if (throttled) throw new ServiceError('TooManyRequestsException', 'Too Many Requests', 429);
    const refusal = faults.refuse(operation);
    if (refusal !== undefined) throw clientError(refusal);
    return run(body, path, query) ?? {};
  };

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const text = await read(request);
    const target = request.headers['x-amz-target'];
    if (account.clockSkew !== 0) response.setHeader('date', new Date(Date.now() + account.clockSkew).toUTCString());
    let isQuery = false;
    const note = (operation: string): void => {
      // The signature names the service by the word that policies have for it.
      const service = /Credential=[^/]+\/[^/]+\/[^/]+\/([^/]+)\//.exec(request.headers.authorization ?? '')?.[1];
      actions.add(`${service}:${operation}`.toLowerCase());
    };
    try {
      if (typeof target === 'string') {
        const operation = target.split('.').at(-1) ?? '';
        note(operation);
        if (faults.deny(operation))
          throw new ServiceError('AccessDeniedException', `not authorized: ${operation}`, 400);
        if (faults.throttle(operation)) throw new ServiceError('ThrottlingException', 'Rate exceeded', 400);
        const body = JSON.parse(text || '{}') as Record<string, unknown>;
        const answer =
          operation === 'GetLogEvents' ? logs.getLogEvents(body as never) : answerJson(account, operation, body);
        if (!answer) throw new ServiceError('UnknownOperationException', `${operation} is not known`, 400);
        return sendJson(response, 200, answer, 'application/x-amz-json-1.1');
      }
      if (request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')) {
        isQuery = true;
        note(new URLSearchParams(text).get('Action') ?? '');
        const xml = answerQuery(account, new URLSearchParams(text));
        if (xml === undefined) throw new ServiceError('InvalidAction', 'the action is not known', 400);
        response.writeHead(200, { 'content-type': 'text/xml' }).end(xml);
        return;
      }
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
      const [, , name = '', ...rest] = pathname.split('/');
      const operation = name === 'tags' ? `${request.method} tags` : name;
      note(operation);
      const body = JSON.parse(text || '{}') as never;
      const answer = callBatch(operation, body, decodeURIComponent(rest.join('/')), searchParams);
      const lost = faults.lose(operation);
      if (lost === 'error') throw new ServiceError('ServerException', 'Internal error', 500);
      if (lost === 'dropped') request.socket.destroy();
      else sendJson(response, 200, answer);
    } catch (error) {
      const known = error instanceof ServiceError ? error : new ServiceError('ServerException', String(error), 500);
      if (isQuery) sendXmlError(response, known);
      else sendError(response, known);
    }
  };

  const server = createServer((request, response) => void respond(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    clock,
    faults,
    account,
    compute,
    jobs,
    waiting: (queue) => scheduler.runnable(queue),
    calls,
    actions,
    environment: standardVariables(url),
    close: async () => {
      await scheduler.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Operations of Batch by the last word of their path. */
function batchOperations(
  compute: Compute,
  table: JobTable,
): Record<string, (body: never, path: string, query: URLSearchParams) => object | undefined> {
  return {
    submitjob: (body) => table.submit(body),
    describejobs: (body) => table.describe(body),
    listjobs: (body) => table.list(body),
    canceljob: (body) => table.cancel(body),
    terminatejob: (body) => table.terminate(body),
    getjobqueuesnapshot: (body) => table.snapshot(body),
    registerjobdefinition: (body) => compute.register(body),
    deregisterjobdefinition: ({ jobDefinition }: { jobDefinition: string }) => {
      compute.deregister(jobDefinition);
      return {};
    },
    describejobdefinitions: (body) => ({ jobDefinitions: compute.describeDefinitions(body) }),
    createcomputeenvironment: (body) => compute.createEnvironment(body),
    createjobqueue: (body) => compute.createQueue(body),
    describejobqueues: ({ jobQueues }: { jobQueues?: string[] }) => ({
      jobQueues: [...compute.queues.values()].filter((one) =>
        isAsked(jobQueues, one.jobQueueName ?? '', one.jobQueueArn ?? ''),
      ),
    }),
    describecomputeenvironments: ({ computeEnvironments }: { computeEnvironments?: string[] }) => ({
      computeEnvironments: [...compute.environments.values()].filter((one) =>
        isAsked(computeEnvironments, one.computeEnvironmentName ?? '', one.computeEnvironmentArn ?? ''),
      ),
    }),
    'POST tags': ({ tags }: { tags: Record<string, string> }, arn) => {
      compute.tag(arn, tags);
      return {};
    },
    'GET tags': (_, arn) => ({ tags: compute.tags(arn) }),
    'DELETE tags': (_, arn, query) => {
      compute.untag(arn, query.getAll('tagKeys'));
      return {};
    },
  };
}

function isAsked(wanted: readonly string[] | undefined, name: string, arn: string): boolean {
  return wanted === undefined || wanted.includes(name) || wanted.includes(arn);
}

/** Credentials that no other server takes, and this server as the endpoint of each service. */
function standardVariables(url: string): Record<string, string> {
  const services = ['BATCH', 'CLOUDWATCH_LOGS', 'ECR', 'ECS', 'IAM', 'EC2', 'SERVICE_QUOTAS', 'STS'];
  return {
    AWS_REGION: 'eu-test-1',
    AWS_ACCESS_KEY_ID: 'test-key',
    AWS_SECRET_ACCESS_KEY: 'test-secret-of-the-batch-server',
    ...Object.fromEntries(services.map((service) => [`AWS_ENDPOINT_URL_${service}`, url])),
  };
}

const noImage: Launch = () => ({ ended: Promise.resolve({ code: 127, signal: null }), kill: () => {} });

async function read(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

function sendJson(response: ServerResponse, status: number, body: object, type = 'application/json'): void {
  response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body));
}

function sendError(response: ServerResponse, { type, message, status }: ServiceError): void {
  response
    .writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type })
    .end(JSON.stringify({ __type: type, message }));
}

function sendXmlError(response: ServerResponse, { type, message, status }: ServiceError): void {
  const body = `<ErrorResponse><Error><Type>Sender</Type><Code>${type}</Code><Message>${message}</Message></Error></ErrorResponse>`;
  response.writeHead(status, { 'content-type': 'text/xml' }).end(body);
}
