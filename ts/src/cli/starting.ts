import { stat, writeFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { renderConfig } from '../config/template.ts';
import { NlpflowError } from '../errors.ts';
import { shellWord } from '../ui/shell.ts';
import type { Context } from './command.ts';
import { type DialectArguments, dialectOf } from './dialect.ts';
import { lookAtTable, lookResult } from './looking.ts';

/** The arguments of `init`. */
export interface InitArguments extends DialectArguments {
  readonly data: string;
  readonly text: string | undefined;
  readonly outcome: string | undefined;
  readonly encoding: string | undefined;
  readonly output: string;
  readonly force: boolean | undefined;
}

/** Looks at a table, writes a configuration for it, and says what was chosen and why. */
export async function initConfig(args: InitArguments, context: Context): Promise<void> {
  const output = resolve(context.cwd, args.output);
  const input = resolve(context.cwd, args.data);
  if (args.force !== true && (await stat(output).catch(() => undefined))) {
    throw new NlpflowError(
      'USAGE',
      `${args.output} is there already; --force overwrites it, -o FILE writes another one`,
    );
  }
  const { data: file, text, outcome, encoding } = args;
  const look = await lookAtTable(
    {
      file,
      path: input,
      ...(text === undefined ? {} : { text }),
      ...(outcome === undefined ? {} : { outcome }),
      ...(encoding === undefined ? {} : { encoding }),
      dialect: dialectOf(args),
    },
    'init',
    context,
  );
  const { choice, seen } = look;
  context.settle();
  const { out } = context;
  for (const fact of seen.facts) out.line(fact);
  out.line();
  out.line({ style: 'bold', text: seen.head });
  for (const row of seen.rows) out.line(row);
  out.line();
  const yaml = renderConfig(choice, {
    source: relative(dirname(output), input),
    ...(look.encoding === undefined ? {} : { encoding: look.encoding }),
    dialect: look.dialect,
    ...(look.metric === undefined ? {} : { metric: look.metric }),
  });
  try {
    await writeFile(output, yaml, { flag: args.force === true ? 'w' : 'wx' });
  } catch (cause) {
    throw new NlpflowError('OUTPUT_NOT_WRITABLE', `${args.output}: cannot be written: ${(cause as Error).message}`, {
      cause,
    });
  }
  out.result('init', { output, ...lookResult(look) });
  for (const reason of choice.reasons) {
    out.line(`  ${reason}`);
  }
  out.line();
  out.line(`${args.output} written; next: nlpflow run ${shellWord(args.output)}`);
}
