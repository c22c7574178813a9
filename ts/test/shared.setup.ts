/** Before all test files: a folder for what several of them use and the first one makes, see `shared.ts`. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of the folder. */
    shared: string;
  }
}

export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'nlpflow-shared-'));
  project.provide('shared', folder);
  return () => rmSync(folder, { recursive: true, force: true });
}
