import { type Choice, type ColumnUse, chooseColumns, isComparison, objectiveOf, Question } from '../config/choose.ts';
import { columnTerm, shown } from '../config/choosing/terms.ts';
import type { Dialect } from '../config/dialect.ts';
import { NlpflowError } from '../errors.ts';
import { runStage } from '../native/binding.ts';
import { registry } from '../native/registry.ts';
import type { InspectSummary } from '../native/stages.ts';
import { count } from '../ui/format.ts';
import { type Seen, seenTable } from '../ui/seen.ts';
import { shellWord } from '../ui/shell.ts';
import type { Context } from './command.ts';
import { dialectWords, unusualDialect } from './dialect.ts';

/** A table that a command is given instead of a configuration, and what the user said of it. */
export interface GivenTable {
  /** As the user wrote it. */
  readonly file: string;
  /** Absolute path. */
  readonly path: string;
  readonly text?: string;
  readonly outcome?: string;
  readonly encoding?: string;
  readonly dialect: Dialect;
}

/** What was seen of a table, and what follows. */
export interface Look {
  readonly found: InspectSummary;
  readonly choice: Choice;
  readonly seen: Seen;
  /** What a configuration has to say of the table. */
  readonly encoding?: string;
  readonly dialect: Dialect;
  /** The metric that fits the objective, where it is not the default one. */
  readonly metric?: string;
}

/** Metrics that fit probabilities, the best first. */
const OF_PROBABILITIES = ['logloss', 'log_loss', 'mn_log_loss', 'roc_auc'];

/** Looks at a table and chooses what the user did not say. A question shows the table first, on standard error. */
export async function lookAtTable(given: GivenTable, verb: string, context: Context): Promise<Look> {
  const found = await inspectTable(given, context);
  for (const message of found.warnings) context.emit({ event: 'warning', message });
  checkRows(found, given, context);
  const see = (uses: readonly ColumnUse[]) => seenTable(given.file, found, uses);
  const { text, outcome } = given;
  let choice: Choice;
  try {
    choice = chooseColumns(found, {
      ...(text === undefined ? {} : { text }),
      ...(outcome === undefined ? {} : { outcome }),
      command: commandFor(given, verb),
    });
  } catch (error) {
    if (error instanceof Question) {
      context.out.result('question', { table: tableResult(found, error.columns) });
      tellSeen(see(error.columns), context);
    }
    throw error;
  }
  const encoding = given.encoding ?? (/^utf-?8$/i.test(found.encoding) ? undefined : found.encoding);
  const metric = metricFor(choice.objective);
  return {
    found,
    choice,
    seen: see(choice.columns),
    ...(encoding === undefined ? {} : { encoding }),
    dialect: { ...unusualDialect(given.file, found.dialect), ...missingWords(found, choice), ...given.dialect },
    ...(metric === undefined ? {} : { metric }),
  };
}

/** The configuration of a table that is given instead of one; tells what was chosen, where something was. */
export async function lookAtGiven(given: GivenTable, context: Context): Promise<object> {
  const { path: source, text, outcome, encoding } = given;
  if (text !== undefined && outcome !== undefined) {
    const columns = isComparison(outcome) ? [] : (await inspectTable(given, context)).columns;
    const objective = objectiveOf(outcome, columns);
    return {
      data: { source, text, outcome, ...(encoding ? { encoding } : {}), ...given.dialect },
      ...ofObjective(objective),
    };
  }
  const look = await lookAtTable(given, context.argv[0] ?? 'run', context);
  const { choice } = look;
  context.out.result('choice', lookResult(look));
  tellSeen(look.seen, context);
  for (const reason of [...choice.reasons, '']) context.tell(reason === '' ? '' : `  ${reason}`);
  return {
    data: {
      source,
      text: choice.text,
      outcome: choice.outcome,
      ...(look.encoding === undefined ? {} : { encoding: look.encoding }),
      ...look.dialect,
    },
    ...(choice.split === undefined ? {} : { split: { column: choice.split } }),
    ...ofObjective(choice.objective),
  };
}

/** The sections of a configuration that follow from an objective; none from the default one. */
function ofObjective(objective: string): object {
  if (objective === 'reg:squarederror') return {};
  const metric = metricFor(objective);
  return { model: { objective }, ...(metric === undefined ? {} : { tune: { metric } }) };
}

/** Tells on standard error what was seen. */
export function tellSeen({ facts, head, rows }: Seen, context: Context): void {
  for (const line of [...facts, '', head, ...rows, '']) context.tell(line);
}

/** What programs get of a look: what was chosen, and the table. */
export function lookResult({ found, choice }: Look): object {
  const { columns, ...chosen } = choice;
  return { ...chosen, table: tableResult(found, columns) };
}

/** A table with the use of each column. */
function tableResult(found: InspectSummary, uses: readonly ColumnUse[]): object {
  return { ...found, columns: found.columns.map((column, index) => ({ ...column, ...uses[index] })) };
}

async function inspectTable(given: GivenTable, context: Context): Promise<InspectSummary> {
  const { path: input, encoding, dialect } = given;
  const activity = context.activity(`looking at ${given.file}`);
  try {
    return await runStage(
      'inspect',
      {
        input,
        ...(encoding === undefined ? {} : { encoding }),
        dialect,
      },
      { signal: context.signal },
    );
  } finally {
    activity.end();
  }
}

/** Says what a run would not accept: rows that do not fit the header, and names that cannot be meant. */
function checkRows({ columns, sampled, bad = 0 }: InspectSummary, { file }: GivenTable, context: Context): void {
  const words = `${count(bad)} of ${count(sampled)} rows that were looked at have another number of fields than the header`;
  if (bad > 0.5 * sampled) {
    throw new NlpflowError(
      'TOO_MANY_BAD_ROWS',
      `${file}: ${words}; say how its fields are separated, e.g. --delimiter ";", or correct the file`,
    );
  }
  if (bad > 0.01 * sampled) {
    context.emit({ event: 'warning', message: `${words}; a run accepts 1 %, more with --max-bad-rows` });
  }
  const names = columns.map(({ name }) => name);
  const twice = new Set(names.filter((name, index) => name !== '' && names.indexOf(name) !== index));
  if (twice.size > 0) {
    const shownNames = [...twice].slice(0, 5).map(shown).join(', ');
    context.emit({ event: 'warning', message: `${shownNames}: in the header twice; to use such a column, rename one` });
  }
}

/** The words among the numbers of the outcome, which must stand for missing ones. */
function missingWords({ columns }: InspectSummary, { outcome }: Choice): Dialect {
  const column = columns.find(({ name }) => columnTerm(name) === outcome);
  return column?.foreign === undefined ? {} : { na_values: column.foreign.words };
}

/** The command that asks, with what the user said already. */
function commandFor({ file, text, outcome, encoding, dialect }: GivenTable, verb: string): string {
  const flags = Object.entries({ text, outcome, encoding }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name} ${shellWord(value)}`],
  );
  return ['nlpflow', verb, shellWord(file), ...flags, ...dialectWords(dialect)].join(' ');
}

function metricFor(objective: string): string | undefined {
  if (objective !== 'binary:logistic') return undefined;
  const known = registry().metrics.map(({ name }) => name);
  return OF_PROBABILITIES.find((name) => known.includes(name));
}
