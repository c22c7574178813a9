import { EXIT } from '../../errors.ts';
import { defineCommand } from '../command.ts';

export const get = defineCommand({
  name: 'get',
  summary: 'write an artifact of a run to a file',
  description:
    'ARTIFACT is vocabulary, matrix, results, predictions, metrics, model, bad_rows, plan or trace. The extension chooses the format: .csv .parquet .json .arrow; for a model .nlpf .ubj .json; plan is .json.',
  examples: [
    ['get last vocabulary -o vocabulary.csv', 'token, column, n, df, idf'],
    ['get last matrix -o matrix.parquet', 'row, col, value'],
    ['get last model -o model.ubj', 'for XGBoost in any language'],
  ],
  positionals: [
    { name: 'run', doc: 'id, name or last', required: true },
    { name: 'artifact', doc: 'what to write', required: true },
  ],
  options: {
    output: { type: 'string', short: 'o', doc: 'file to write', value: 'FILE', required: true },
  },
  handler: async (args, context) => {
    const [{ findArtifact }, { findRun }, { plural }, { resolve }] = await Promise.all([
      import('../artifact.ts'),
      import('../../runs/index.ts'),
      import('../../ui/format.ts'),
      import('node:path'),
    ]);
    const artifact = findArtifact(args.artifact, args.output);
    const store = await context.openStore();
    const record = await findRun(store, args.run);
    const { rows, xgboost } = await artifact.write(record, store, resolve(context.cwd, args.output));
    context.out.result('get', {
      run: record.id,
      artifact: args.artifact,
      output: args.output,
      ...(rows === undefined ? {} : { rows }),
      ...(xgboost === undefined ? {} : { xgboost }),
    });
    const size = rows === undefined ? '' : `, ${plural(rows, 'row')}`;
    const reader = xgboost === undefined ? '' : `, for XGBoost ${xgboost} or newer`;
    context.out.line(`${args.artifact} of run ${record.id} in ${args.output}${size}${reader}`);
    return EXIT.ok;
  },
});
