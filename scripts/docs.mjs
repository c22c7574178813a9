// Writes docs/reference.md from what the program itself knows: the help of its commands, the native registries and the
// table of error codes. `--check` writes nothing and fails when the page is out of date.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const page = join(root, 'docs', 'reference.md');
const main = join(root, 'ts', 'dist', 'main.js');

/** @typedef {import('../ts/src/native/registry.ts').ParamSpec} ParamSpec */

/** The native registries of the add-on that was built. */
function registry() {
  const native = join(root, 'ts', 'native');
  const addon = readdirSync(native).find((name) => name.endsWith('.node'));
  if (addon === undefined) throw new Error('the add-on was not built: start scripts/nlpflow once');
  return /** @type {import('../ts/src/native/registry.ts').Registry} */ (
    JSON.parse(createRequire(import.meta.url)(join(native, addon)).describe())
  );
}

/** The error codes with their exit codes, from ts/src/errors.ts. */
async function errorCodes() {
  const bundled = await build({
    entryPoints: [join(root, 'ts', 'src', 'errors.ts')],
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
  });
  const text = /** @type {{ text: string }} */ (bundled.outputFiles[0]).text;
  const module = await import(`data:text/javascript,${encodeURIComponent(text)}`);
  return /** @type {ReadonlyMap<string, number>} */ (module.EXIT_OF_CODE);
}

/** @param {readonly string[]} argv */
function help(...argv) {
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('NLPFLOW_')));
  const options = { encoding: /** @type {const} */ ('utf8'), env: { ...environment, NO_COLOR: '1', COLUMNS: '100' } };
  return execFileSync(process.execPath, [main, ...argv, '--help'], options).trimEnd();
}

/** @param {readonly string[]} head @param {readonly (readonly unknown[])[]} rows */
function table(head, rows) {
  if (rows.length === 0) throw new Error(`nothing to list under ${head.join(', ')}`);
  const line = (/** @type {readonly unknown[]} */ cells) =>
    `| ${cells.map((cell) => String(cell ?? '').replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** @param {unknown} value */
const code = (value) => `\`${String(value)}\``;

/** What a parameter may be, in words. @param {ParamSpec} spec */
function domain(spec) {
  if (spec.choices) return spec.choices.map(code).join(' ');
  const from = spec.min === null || spec.min === undefined ? '' : `${spec.min_exclusive ? '>' : '≥'} ${spec.min}`;
  const to = spec.max === null || spec.max === undefined ? '' : `≤ ${spec.max}`;
  const kind = {
    float: 'number',
    int: 'whole number',
    bool: 'true or false',
    choice: 'choice',
    string: 'text',
    strings: 'list of words',
  }[spec.kind];
  return [kind, from, to].filter((part) => part !== '').join(', ');
}

/** @param {readonly ParamSpec[]} specs @param {boolean} aliases */
function parameters(specs, aliases) {
  return table(
    ['name', ...(aliases ? ['other names'] : []), 'value', 'default', 'what it does'],
    specs.map((spec) => [
      code(spec.name),
      ...(aliases ? [spec.aliases.map(code).join(' ')] : []),
      domain(spec),
      spec.default === null ? '' : code(spec.default),
      spec.doc,
    ]),
  );
}

const known = registry();
const objectives = /** @type {{ name: string; outcomes: string; doc: string }[]} */ (known.objectives);
const commands = [...help().matchAll(/^ {2}([a-z]+) /gm)].map((match) => /** @type {string} */ (match[1]));
const meaning = /** @type {Record<number, string>} */ ({
  1: 'defect of nlpflow or of its installation',
  2: 'usage or configuration',
  3: 'input data',
  4: 'store or file system',
  5: 'tasks failed',
  130: 'interrupted',
});
const errors = [...(await errorCodes())].sort(([a, i], [b, j]) => i - j || (a < b ? -1 : 1));

const text = `<!-- Written by scripts/docs.mjs from the program itself: change the source of a text, then run it again. -->
# Reference

## Commands

${[[], ...commands.map((name) => [name])].map((argv) => `### ${['nlpflow', ...argv].join(' ')}\n\n\`\`\`\n${help(...argv)}\n\`\`\``).join('\n\n')}

## Model parameters

Keys of \`model\` and of \`tune.grid\`, under any of their names. A parameter that is not tunable cannot stand in the grid.

${parameters(known.parameters, true)}

Not tunable: ${known.parameters
  .filter((spec) => !spec.tunable)
  .map((spec) => code(spec.name))
  .join(' ')}.

## Objectives

${table(
  ['name', 'outcomes', 'what it does'],
  objectives.map((objective) => [code(objective.name), objective.outcomes, objective.doc]),
)}

## Recipe steps

${known.steps
  .map(
    (step) =>
      `### ${step.name}\n\n${step.doc} (${step.role})${step.params.length > 0 ? `\n\n${parameters(step.params, false)}` : ''}`,
  )
  .join('\n\n')}

## Metrics

${table(
  ['name', 'better is', 'what it is'],
  known.metrics.map((metric) => [code(metric.name), metric.direction === 'minimize' ? 'less' : 'more', metric.doc]),
)}

## Error codes

The code stands in \`--json\` output and in \`run.json\`; the exit code follows from it.

${table(
  ['code', 'exit code', 'concerns'],
  errors.map(([name, exit]) => [code(name), exit, meaning[exit]]),
)}
`;

if (!process.argv.includes('--check')) {
  writeFileSync(page, text);
} else if (readFileSync(page, 'utf8') !== text) {
  process.stderr.write('docs/reference.md is out of date: run node scripts/docs.mjs\n');
  process.exitCode = 1;
}
