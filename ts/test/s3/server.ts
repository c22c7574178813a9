/** A real S3 server for tests, on this machine only: versitygw, which `scripts/s3-server` builds and names. */

import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, connect as dial } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const VERSION = 'v1.8.0';
const CACHE =
  process.env['NLPFLOW_CACHE'] || join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'nlpflow');
const BINARY = process.env['NLPFLOW_S3_SERVER'] ?? join(CACHE, 'bin', `versitygw-${VERSION}`);

/** True when the server was built; without it the tests that need one are skipped visibly. */
export const HAS_S3: boolean = existsSync(BINARY);

if (!HAS_S3 && process.env['NLPFLOW_REQUIRE_S3']) {
  throw new Error('NLPFLOW_REQUIRE_S3 is set and there is no S3 server: scripts/s3-server builds it');
}

/** A running server with one bucket. */
export interface S3Server {
  readonly port: number;
  readonly endpoint: string;
  readonly bucket: string;
  /** The variables with which the SDK finds it; they hold no person's settings. */
  readonly env: Readonly<Record<string, string>>;
  /** The folder that holds the bucket's objects as files. */
  readonly objects: string;
  close(): Promise<void>;
}

/** Starts a server on a free port. */
export async function startS3(): Promise<S3Server> {
  const folder = await mkdtemp(join(tmpdir(), 'nlpflow-s3-'));
  const bucket = 'nlpflow-test';
  const keys = { access: 'tester', secret: randomBytes(12).toString('hex') };
  for (const name of ['data', `data/${bucket}`, 'meta']) await mkdir(join(folder, name));
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const child = spawn(
      BINARY,
      ['--port', `127.0.0.1:${port}`, '--quiet', 'posix', '--sidecar', join(folder, 'meta'), join(folder, 'data')],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { PATH: process.env['PATH'], ROOT_ACCESS_KEY: keys.access, ROOT_SECRET_KEY: keys.secret },
      },
    );
    const stop = (): void => void child.kill('SIGKILL');
    process.once('exit', stop);
    let words = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      words += text;
    });
    if (await answers(port, child)) {
      return {
        port,
        endpoint: `http://127.0.0.1:${port}`,
        bucket,
        objects: join(folder, 'data', bucket),
        env: {
          AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}`,
          AWS_REGION: 'us-east-1',
          AWS_ACCESS_KEY_ID: keys.access,
          AWS_SECRET_ACCESS_KEY: keys.secret,
          AWS_EC2_METADATA_DISABLED: 'true',
          AWS_CONFIG_FILE: join(folder, 'none'),
          AWS_SHARED_CREDENTIALS_FILE: join(folder, 'none'),
        },
        close: async () => {
          process.off('exit', stop);
          if (child.exitCode === null) {
            stop();
            await once(child, 'exit');
          }
          await rm(folder, { recursive: true, force: true });
        },
      };
    }
    process.off('exit', stop);
    // Another program may have taken the port in between.
    if (attempt === 3) throw new Error(`the S3 server does not start: ${words}`);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** Waits until the server takes connections; false when it ended. */
async function answers(port: number, child: ChildProcess): Promise<boolean> {
  while (child.exitCode === null) {
    const socket = dial(port, '127.0.0.1');
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) return true;
    await delay(20);
  }
  return false;
}
