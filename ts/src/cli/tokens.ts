import { availableParallelism } from 'node:os';
import { splitDialect } from '../config/dialect.ts';
import { NlpflowError } from '../errors.ts';
import { runStage } from '../native/binding.ts';
import type { TokensSummary } from '../native/stages.ts';
import { clip, metric, plural, wrap } from '../ui/format.ts';
import { visibleLine } from '../ui/visible.ts';
import type { Context } from './command.ts';
import { type ConfigArguments, resolveTarget } from './target.ts';

const WIDTH = 100;

/** Prints texts, their tokens after each step, what was dropped and why, and the values in the matrix. */
export async function showTokens(
  args: ConfigArguments & {
    readonly config: string | undefined;
    readonly n: number;
    readonly rows: string | undefined;
  },
  context: Context,
): Promise<void> {
  if (!Number.isInteger(args.n) || args.n < 1) {
    throw new NlpflowError('USAGE', `--n must be a whole number of at least 1, not ${args.n}`);
  }
  const rows = args.rows === undefined ? undefined : parseRows(args.rows);
  const { config } = await resolveTarget(args.config, args, context);
  const { source, ...data } = config.data;
  const { dialect, rest } = splitDialect(data);
  const activity = context.activity('reading the table');
  let summary: TokensSummary;
  try {
    summary = await runStage(
      'tokens',
      {
        ...rest,
        dialect,
        input: source,
        recipe: config.recipe,
        n: args.n,
        ...(rows === undefined ? {} : { rows }),
        threads: availableParallelism(),
      },
      { signal: context.signal, progress: (progress) => activity.progress(progress) },
    );
  } finally {
    activity.end();
  }
  context.settle();
  context.out.result('tokens', summary.rows);
  for (const row of summary.rows) {
    showRow(row, context);
  }
}

function showRow(row: TokensSummary['rows'][number], { out }: Context): void {
  out.line({ style: 'bold', text: `row ${row.row}` }, `  ${clip(visibleLine(JSON.stringify(row.text)), WIDTH - 12)}`);
  for (const { step, tokens, dropped } of row.steps) {
    out.line('  ', { style: 'accent', text: step }, `: ${plural(tokens.length, 'token')}`);
    for (const line of wrap(visibleLine(tokens.join(' ')), WIDTH - 4)) {
      out.line(`    ${line}`);
    }
    for (const [reason, names] of byReason(dropped)) {
      const words = visibleLine(`dropped ${names.join(' ')} (${reason})`);
      for (const [index, line] of wrap(words, WIDTH - 4).entries()) {
        out.line({ style: 'dim', text: `    ${index === 0 ? '' : '  '}${line}` });
      }
    }
  }
  if (row.values.length > 0) {
    out.line('  ', { style: 'accent', text: 'values' }, `: ${plural(row.values.length, 'column')}`);
    const values = row.values.map(({ token, value }) => `${token}=${metric(value)}`);
    for (const line of wrap(visibleLine(values.join(' ')), WIDTH - 4)) {
      out.line(`    ${line}`);
    }
  } else {
    out.line('  ', { style: 'accent', text: 'values' }, ': none; the row has no token of the vocabulary');
  }
  out.line();
}

function byReason(dropped: readonly { token: string; reason: string }[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { token, reason } of dropped) {
    groups.set(reason, [...(groups.get(reason) ?? []), token]);
  }
  return groups;
}

function parseRows(text: string): number[] {
  const rows = text.split(',').map(Number);
  if (rows.some((row) => !Number.isInteger(row) || row < 0)) {
    throw new NlpflowError('USAGE', `--rows must be row numbers with commas between, such as 0,17,42, not ${text}`);
  }
  return rows;
}
