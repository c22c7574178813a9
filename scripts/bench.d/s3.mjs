// Sends an artifact to a real S3 server on this machine and fetches it again: seconds, and the memory of the process at its
// peak, which must stay below 300 MiB whatever the size.   node scripts/bench.d/s3.mjs [MIB]

import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const LIMIT_MIB = 300;
const mib = Number(process.argv[2] ?? 1024);
const tests = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'ts', 'test', 's3');
const folder = await mkdtemp(join(tmpdir(), 'nlpflow-bench-s3-'));

/** Bundles TypeScript for Node; returns the module's path. */
async function bundled(/** @type {string} */ name, /** @type {string} */ contents) {
  const outfile = join(folder, `${name}.mjs`);
  const js = "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);";
  const stdin = { contents, resolveDir: tests, loader: /** @type {const} */ ('ts') };
  await build({ stdin, outfile, bundle: true, platform: 'node', format: 'esm', banner: { js }, logLevel: 'error' });
  return outfile;
}

try {
  const parts = await bundled('parts', "export * from './server.ts'; export * from './large-program.ts';");
  const { startS3, LARGE_PROGRAM } = await import(pathToFileURL(parts).href);
  const program = await bundled('large', LARGE_PROGRAM);
  const server = await startS3();
  try {
    const env = { ...process.env, ...server.env, NLPFLOW_CACHE: join(folder, 'cache') };
    const said = execFileSync(process.execPath, [program, `s3://${server.bucket}/bench`, String(mib)], { env });
    const { isSame, peakBytes, sendSeconds, fetchSeconds } = JSON.parse(said.toString());
    const peak = Math.round(peakBytes / 2 ** 20);
    const speed = (/** @type {number} */ seconds) => `${seconds.toFixed(1)} s (${Math.round(mib / seconds)} MiB/s)`;
    const lines = [
      `artifact   ${mib} MiB`,
      `sent in    ${speed(sendSeconds)}`,
      `fetched in ${speed(fetchSeconds)}`,
      `peak       ${peak} MiB of at most ${LIMIT_MIB}`,
      `content    ${isSame ? 'the same' : 'CHANGED'}`,
    ];
    process.stdout.write(`${lines.join('\n')}\n`);
    if (!isSame || peak >= LIMIT_MIB) process.exitCode = 1;
  } finally {
    await server.close();
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
