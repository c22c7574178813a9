import { stat, writeFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { chooseColumns } from '../config/choose.ts';
import { renderConfig } from '../config/template.ts';
import { NlpflowError } from '../errors.ts';
import { runStage } from '../native/binding.ts';
import { count } from '../ui/format.ts';
import { shellWord } from '../ui/shell.ts';
import type { Context } from './command.ts';

/** The arguments of `init`. */
export interface InitArguments {
  readonly data: string;
  readonly text: string | undefined;
  readonly outcome: string | undefined;
  readonly encoding: string | undefined;
  readonly delimiter: string | undefined;
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
  const inspected = await runStage(
    'inspect',
    {
      input,
      ...(args.encoding === undefined ? {} : { encoding: args.encoding }),
      ...(args.delimiter === undefined ? {} : { delimiter: args.delimiter }),
    },
    { signal: context.signal },
  );
  const choice = chooseColumns(inspected, {
    ...(args.text === undefined ? {} : { text: args.text }),
    ...(args.outcome === undefined ? {} : { outcome: args.outcome }),
  });
  const source = relative(dirname(output), input);
  const encoding = args.encoding ?? (/^utf-?8$/i.test(inspected.encoding) ? undefined : inspected.encoding);
  const usual = /\.tsv(\.|$)/i.test(args.data) ? '\t' : ',';
  const delimiter = args.delimiter ?? inspected.delimiter;
  const text = renderConfig(choice, {
    source,
    ...(encoding === undefined ? {} : { encoding }),
    ...(delimiter === usual ? {} : { delimiter }),
  });
  try {
    await writeFile(output, text, { flag: args.force === true ? 'w' : 'wx' });
  } catch (cause) {
    throw new NlpflowError('OUTPUT_NOT_WRITABLE', `${args.output}: cannot be written: ${(cause as Error).message}`, {
      cause,
    });
  }
  const { out } = context;
  out.result('init', { output, ...choice });
  out.line(`${args.output} written after a look at ${count(inspected.sampled)} rows of ${args.data}`);
  out.line();
  for (const reason of choice.reasons) {
    out.line(`  ${reason}`);
  }
  out.line();
  out.line(`next     nlpflow run ${shellWord(args.output)}`);
}
