// Bundles the command line into ts/dist, or into the folder that is named. Chunks are named by their content and main.js is renamed into place last, so a
// program that is running keeps the chunks that it has yet to load, and a second build at the same time does no harm.

import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = resolve(process.argv[2] ?? join(root, 'ts', 'dist'));
/** A chunk of an earlier build may be asked for by a program that still runs. */
const KEPT_MS = 24 * 3600 * 1000;

const result = await build({
  absWorkingDir: root,
  entryPoints: ['ts/src/cli/main.ts'],
  outdir: dist,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  chunkNames: 'chunk-[hash]',
  minifySyntax: true,
  sourcemap: 'linked',
  sourcesContent: false,
  legalComments: 'none',
  // CommonJS packages ask for Node's modules by `require`, which a module does not have.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
  },
  write: false,
  logLevel: 'warning',
});

await mkdir(dist, { recursive: true });
const isEntry = (/** @type {string} */ path) => basename(path) === 'main.js';
for (const file of result.outputFiles.toSorted((a, b) => Number(isEntry(a.path)) - Number(isEntry(b.path)))) {
  const aside = `${file.path}.${process.pid}`;
  await writeFile(aside, file.contents);
  await rename(aside, file.path);
}

const current = new Set(result.outputFiles.map((file) => basename(file.path)));
for (const name of await readdir(dist)) {
  const path = join(dist, name);
  const found = await stat(path).catch(() => undefined);
  if (!name.startsWith('.') && !current.has(name) && found && Date.now() - found.mtimeMs > KEPT_MS)
    await rm(path, { force: true, recursive: true });
}
