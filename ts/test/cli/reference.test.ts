/** Sentences of help and reference that repeat what the code knows: they are compared with it. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ARTIFACTS } from '../../src/cli/artifact.ts';
import type { OptionSpec } from '../../src/cli/command.ts';
import { GLOBAL_OPTIONS } from '../../src/cli/options.ts';
import { COMMANDS } from '../../src/cli/registry.ts';
import { VARIABLES } from '../../src/runs/variables.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** Made by `configure aws` for a shell, read by scripts/image. */
const OF_SCRIPTS = ['NLPFLOW_REPOSITORY'];

function read(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && entry.name !== 'variables.ts')
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
}

test('the list of variables is complete', () => {
  const specs = [GLOBAL_OPTIONS, ...COMMANDS.map(({ options }) => options)].flatMap((options) =>
    Object.entries(options as Readonly<Record<string, OptionSpec>>),
  );
  const ofOptions = specs
    .filter(([, spec]) => spec.environment === true)
    .map(([name]) => `NLPFLOW_${name.toUpperCase().replaceAll('-', '_')}`);
  const named = new Set(read('ts/src').flatMap((text) => text.match(/\bNLPFLOW_[A-Z_]*[A-Z]\b/g) ?? []));
  const others = [...named].filter(
    (name) =>
      !ofOptions.includes(name) && !OF_SCRIPTS.includes(name) && !/^NLPFLOW_(DATA|SPLIT|RECIPE|MODEL|TUNE)_/.test(name),
  );
  expect(others.filter((name) => !(name in VARIABLES))).toEqual([]);
  expect(Object.keys(VARIABLES).filter((name) => !named.has(name))).toEqual([]);
});

test('the help of get names every artifact', () => {
  const { description = '' } = COMMANDS.find(({ name }) => name === 'get') ?? {};
  const [, list = ''] = /ARTIFACT is (.*?)\./.exec(description) ?? [];
  expect(list.split(/, | or /)).toEqual(ARTIFACTS.map(({ name }) => name));
});
