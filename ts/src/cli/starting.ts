import { stat, writeFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { chooseColumns } from '../config/choose.ts';
import type { Dialect } from '../config/dialect.ts';
import { renderConfig } from '../config/template.ts';
import { NlpflowError } from '../errors.ts';
import { runStage } from '../native/binding.ts';
import type { FoundDialect } from '../native/stages.ts';
import { count } from '../ui/format.ts';
import { shellWord } from '../ui/shell.ts';
import type { Context } from './command.ts';
import { type DialectArguments, dialectOf } from './dialect.ts';

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
  const dialect = dialectOf(args);
  const inspected = await runStage(
    'inspect',
    {
      input,
      ...(args.encoding === undefined ? {} : { encoding: args.encoding }),
      dialect,
    },
    { signal: context.signal },
  );
  const choice = chooseColumns(inspected, {
    ...(args.text === undefined ? {} : { text: args.text }),
    ...(args.outcome === undefined ? {} : { outcome: args.outcome }),
  });
  const source = relative(dirname(output), input);
  const encoding = args.encoding ?? (/^utf-?8$/i.test(inspected.encoding) ? undefined : inspected.encoding);
  const text = renderConfig(choice, {
    source,
    ...(encoding === undefined ? {} : { encoding }),
    dialect: { ...recognised(args.data, inspected.dialect), ...dialect },
  });
  try {
    await writeFile(output, text, { flag: args.force === true ? 'w' : 'wx' });
  } catch (cause) {
    throw new NlpflowError('OUTPUT_NOT_WRITABLE', `${args.output}: cannot be written: ${(cause as Error).message}`, {
      cause,
    });
  }
  const { out } = context;
  for (const message of inspected.recognised) context.emit({ event: 'note', message });
  for (const message of inspected.warnings) context.emit({ event: 'warning', message });
  out.result('init', { output, ...choice });
  out.line(`${args.output} written after a look at ${count(inspected.sampled)} rows of ${args.data}`);
  out.line();
  for (const reason of choice.reasons) {
    out.line(`  ${reason}`);
  }
  out.line();
  out.line(`next     nlpflow run ${shellWord(args.output)}`);
}

/** The dialect that a configuration should hold: what was recognised and is not what the file's name says. */
export function recognised(file: string, found: FoundDialect): Dialect {
  const { delimiter, header, decimal, thousands } = found;
  const isTab = /\.(tsv|tab)(\.|$)/i.test(file);
  const quote = found.quote ?? 'none';
  return {
    ...(delimiter === (isTab ? '\t' : ',') ? {} : { delimiter }),
    ...(quote === (delimiter === '\t' ? 'none' : '"') ? {} : { quote }),
    ...(found.escape === null ? {} : { escape: found.escape }),
    ...(header ? {} : { header }),
    ...(decimal === '.' ? {} : { decimal }),
    ...(thousands === null ? {} : { thousands }),
  };
}
