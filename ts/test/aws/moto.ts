/** moto, a server of AWS' administration calls that others wrote; `NLPFLOW_MOTO` names a Python that has it, as scripts/test does. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const PYTHON = process.env['NLPFLOW_MOTO'] ?? '';

/** Without it the tests that need it are skipped visibly. */
export const HAS_MOTO: boolean = PYTHON !== '';

/** Starts it, and points the SDK of this process to it. */
export async function startMoto(): Promise<{ url: string; close: () => Promise<void> }> {
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const { port } = free.address() as { port: number };
  await new Promise((resolve) => free.close(resolve));
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(PYTHON, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  while (!(await fetch(url).catch(() => undefined))) {
    if (child.exitCode !== null) throw new Error(`${PYTHON} -m moto.server does not start; is moto installed there?`);
    await delay(100);
  }
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: url,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'test-key',
    AWS_SECRET_ACCESS_KEY: 'test-secret',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  });
  return {
    url,
    close: async () => {
      child.kill();
      await once(child, 'exit');
    },
  };
}
