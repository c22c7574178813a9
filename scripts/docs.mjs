// Writes docs/reference.md and docs/run.schema.json from what the program itself knows: the help of its commands, the
// native registries, the tables of events and error codes, the schema of records. `--check` writes nothing and fails when one is out of date.

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
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

/** What modules of ts/src export. @param {string} contents imports and exports, as of a file in ts/src */
async function exportsOf(contents) {
  const bundled = await build({
    stdin: { contents, resolveDir: join(root, 'ts', 'src'), loader: 'ts' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
  });
  const text = /** @type {{ text: string }} */ (bundled.outputFiles[0]).text;
  return import(`data:text/javascript,${encodeURIComponent(text)}`);
}

/** The error codes with their exit codes, from ts/src/errors.ts. */
async function errorCodes() {
  const module = await exportsOf("export { EXIT_OF_CODE } from './errors.ts';");
  return /** @type {ReadonlyMap<string, number>} */ (module.EXIT_OF_CODE);
}

/** Variables beside options and keys, from ts/src/runs/variables.ts. */
async function variables() {
  const module = await exportsOf("export { VARIABLES } from './runs/variables.ts';");
  return /** @type {Record<string, string>} */ (module.VARIABLES);
}

/** Every event with its fields, from ts/src/runs/eventdocs.ts, and the schema of run.json. */
async function runFormats() {
  const module = await exportsOf(
    "export { EVENT_DOCS } from './runs/eventdocs.ts'; export { runJsonSchema } from './runs/schema.ts';",
  );
  const events = /** @type {Record<string, { doc: string, fields: Record<string, string> }>} */ (module.EVENT_DOCS);
  return { events, schema: /** @type {object} */ (module.runJsonSchema()) };
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
const { objectives } = known;
const commands = [...help().matchAll(/^ {2}([a-z-]+(?: [a-z]+)?)(?= )/gm)].map(
  (match) => /** @type {string} */ (match[1]),
);
const meaning = /** @type {Record<number, string>} */ ({
  1: 'defect of nlpflow or of its installation',
  2: 'usage or configuration',
  3: 'input data',
  4: 'store or file system',
  5: 'tasks failed',
  130: 'interrupted',
});
const { events, schema } = await runFormats();
const errors = [...(await errorCodes())].sort(([a, i], [b, j]) => i - j || (a < b ? -1 : 1));

const text = `<!-- Written by scripts/docs.mjs from the program itself: change the source of a text, then run it again. -->
# Reference

## Commands

${[[], ...commands.map((name) => name.split(' '))].map((argv) => `### ${['nlpflow', ...argv].join(' ')}\n\n\`\`\`\n${help(...argv)}\n\`\`\``).join('\n\n')}

## Tables

One rule says what a field holds, in the text column, the outcome, the split column, \`init\` and \`predict\` alike:

- White space around a value or a column's name is no part of it, nor is a byte order mark: \` spam\` is \`spam\`. That
  holds for every blank of Unicode, such as the no-break space, and for names and texts that are written in an outcome or
  on the command line. Only the text that is tokenised keeps its own.
- A value is missing when it is \`NA\` without quotes and, in any column but the text, when it is empty. \`"NA"\` in quotes is
  a text of two letters. A row without a value that its outcome needs is left out and counted.
- A number is written like \`1234.5\`, \`-2\` or \`1e3\`. One with thousands separators or a decimal comma, \`NaN\` and \`inf\` make
  their row bad, and so do an outcome that is not finite and a header that comes once more.
- Bad rows are left out, counted and listed in \`bad_rows\`; more than the share \`--max-bad-rows\` of all rows is an error.
  A table is not read to its end only when so many rows are bad that the rest could not make up for them.

An outcome that is the same in all rows, or in all rows of the training set, is an error (\`CONSTANT_OUTCOME\`), and so is a
\`==\` that holds in no row (\`VALUE_NOT_FOUND\`): the message shows the nearest values of the column, or its range. A \`!=\` with a
text that no row has is a warning.

## Model parameters

Keys of \`model\` and of \`tune.grid\`, under any of their names. A parameter that is not tunable cannot stand in the grid.

${parameters(known.parameters, true)}

Not tunable: ${known.parameters
  .filter((spec) => !spec.tunable)
  .map((spec) => code(spec.name))
  .join(' ')}.

## Objectives

${table(
  ['name', 'outcomes', 'what it does', 'read by XGBoost'],
  objectives.map(({ name, outcomes, doc, xgboost }) => [code(name), outcomes, doc, `${xgboost} or newer`]),
)}

The last column is the oldest XGBoost that reads a model (\`nlpflow get RUN model -o m.ubj\` or \`-o m.json\`) and predicts the same; older ones are not
tried, or refuse the file. In runs made before model format 2, \`model.ubj\` in the run's folder holds \`base_score\` as a list, which XGBoost before 3.1 takes
for 0.5 without an error: \`nlpflow get\` writes it in the form that all of them read.

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

## Variables

Options beat variables, these beat the configuration. \`NLPFLOW_<NAME>\` stands for an option where its help says so, \`NLPFLOW_<SECTION>_<KEY>\` for a
key of the configuration: \`NLPFLOW_TUNE_FOLDS=5\`, \`NLPFLOW_TUNE_GRID_TREES=300,500\`. Beside these:

${table(
  ['variable', 'what it does'],
  Object.entries(await variables()).map(([name, words]) => [code(name), words]),
)}

## Events

\`--json\` prints them, \`runs/<id>/events.jsonl\` keeps them: one JSON object a line, each with \`v\` (version of the format, 1), \`time\` and \`event\`.

${table(
  ['event', 'when', 'fields'],
  Object.entries(events).map(([name, { doc, fields }]) => [
    code(name),
    doc,
    Object.entries(fields)
      .map(([field, words]) => `${code(field)} ${words}`)
      .join('; '),
  ]),
)}

## Error codes

The code stands in \`--json\` output and in \`run.json\`; the exit code follows from it.

${table(
  ['code', 'exit code', 'concerns'],
  errors.map(([name, exit]) => [code(name), exit, meaning[exit]]),
)}
`;

/** @type {[path: string, text: string][]} */
const pages = [
  [page, text],
  [join(root, 'docs', 'run.schema.json'), `${JSON.stringify(schema, null, 2)}\n`],
];
for (const [path, content] of pages) {
  if (!process.argv.includes('--check')) {
    writeFileSync(path, content);
  } else if (!existsSync(path) || readFileSync(path, 'utf8') !== content) {
    process.stderr.write(`${relative(root, path)} is out of date: run node scripts/docs.mjs\n`);
    process.exitCode = 1;
  }
}
