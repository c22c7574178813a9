// Times nlpflow's boost stage through the add-on:  node boost.mjs ADDON FEATURES PARAMETERS TREES OUT
// Prints the seconds of the stage: reading the matrix, sorting it into bins, training, metrics.

import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';

const [addon, features, parameters, trees, out] = /** @type {[string, string, string, string, string]} */ (
  /** @type {unknown} */ (process.argv.slice(2))
);
const native = createRequire(import.meta.url)(addon);
mkdirSync(out, { recursive: true });
const options = {
  features,
  engine: 'xgboost',
  parameters: JSON.parse(parameters),
  trees: [Number(trees)],
  metrics: ['rmse'],
  out,
};
const began = performance.now();
await native.stage('boost', options, new native.CancelToken(), () => {});
process.stdout.write(`${(performance.now() - began) / 1000}\n`);
