import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, extname, resolve } from 'node:path';
import { NlpflowError } from '../errors.ts';
import { runStage } from '../native/binding.ts';
import { findRun } from '../runs/index.ts';
import { count, plural } from '../ui/format.ts';
import { scaleWords } from '../ui/words.ts';
import { requireExtension } from './artifact.ts';
import type { Context } from './command.ts';
import { type DialectArguments, dialectOf } from './dialect.ts';

/** The arguments of `predict`. */
export type PredictArguments = {
  readonly model: string;
  readonly input: string;
  readonly output: string;
  readonly trees: number | undefined;
  readonly text: string | undefined;
  readonly encoding: string | undefined;
} & DialectArguments;

/** Scores a table and writes the predictions. */
export async function predictTable(args: PredictArguments, context: Context): Promise<void> {
  const output = resolve(context.cwd, args.output);
  requireExtension(args.output, ['.csv', '.parquet', '.json', '.arrow']);
  if (args.trees !== undefined && (!Number.isInteger(args.trees) || args.trees < 1)) {
    throw new NlpflowError('USAGE', `--trees must be a whole number of at least 1, not ${args.trees}`);
  }
  const input = resolve(context.cwd, args.input);
  const model = await modelPath(args.model, context);
  const activity = context.activity(`scoring ${basename(args.input)}`);
  let summary: Awaited<ReturnType<typeof runStage<'predict'>>>;
  try {
    summary = await runStage(
      'predict',
      {
        model,
        input,
        output,
        threads: availableParallelism(),
        ...(args.trees === undefined ? {} : { trees: args.trees }),
        ...(args.text === undefined ? {} : { text: args.text }),
        ...(args.encoding === undefined ? {} : { encoding: args.encoding }),
        dialect: dialectOf(args),
      },
      { signal: context.signal, progress: (progress) => activity.progress(progress) },
    );
  } finally {
    activity.end();
  }
  const { rows, bad_rows, empty_rows, recognised, warnings, scale } = summary;
  for (const message of recognised) context.emit({ event: 'note', message });
  for (const message of warnings) context.emit({ event: 'warning', message });
  if (bad_rows > 0) {
    context.emit({
      event: 'warning',
      message: `${plural(bad_rows, 'row')} could not be read: ${bad_rows === 1 ? 'its prediction is' : 'their predictions are'} empty`,
    });
  }
  if (empty_rows > bad_rows) {
    context.emit({
      event: 'note',
      message: `${plural(empty_rows - bad_rows, 'row')} of ${count(rows)} ${empty_rows - bad_rows === 1 ? 'holds' : 'hold'} no token of the vocabulary: all of them get the same prediction`,
    });
  }
  if (typeof scale === 'string') context.emit({ event: 'note', message: scaleWords(scale) });
  context.settle();
  context.out.result('predict', { output, ...summary });
  context.out.line(`${plural(rows, 'prediction')} in ${args.output}`);
}

/** The model file that a path or a run means. */
async function modelPath(given: string, context: Context): Promise<string> {
  const path = resolve(context.cwd, given);
  const found = await stat(path).catch(() => undefined);
  if (extname(given).toLowerCase() === '.nlpf') {
    if (!found) {
      throw new NlpflowError(
        'INPUT_NOT_FOUND',
        `${given}: there is no such file; nlpflow runs lists the runs whose models can be used`,
      );
    }
    return path;
  }
  if (found?.isFile()) {
    throw new NlpflowError(
      'USAGE',
      `${given} is not a model: predict takes a .nlpf file or a run, for example nlpflow predict last`,
    );
  }
  const store = await context.openStore();
  const record = await findRun(store, given);
  try {
    return await store.local(`runs/${record.id}/model.nlpf`);
  } catch (error) {
    if (!(error instanceof NlpflowError) || error.code !== 'ARTIFACT_NOT_FOUND') throw error;
    const message = `run ${record.id} has no model yet; nlpflow fit ${record.id} makes it`;
    throw new NlpflowError('ARTIFACT_NOT_FOUND', message, { cause: error });
  }
}
