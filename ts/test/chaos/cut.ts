/** A small real project, cut from the example: its first rows, and a grid of boosters that takes a few seconds. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** The configurations of the project, one for each engine; results never meet, since their keys differ. */
export const ENGINES = ['native', 'xgboost'] as const;
export type Engine = (typeof ENGINES)[number];

/** Writes the table and a configuration an engine into `folder`. */
export async function cutProject(table: string, folder: string, rows: number): Promise<void> {
  await writeFile(join(folder, 'packages.csv'), firstRecords(gunzipSync(await readFile(table)).toString('utf8'), rows));
  for (const engine of ENGINES) await writeFile(join(folder, configOf(engine)), configuration(engine));
}

/** Name of an engine's configuration. */
export function configOf(engine: Engine): string {
  return `${engine}.yaml`;
}

/** The header and so many records; a line break inside quotes ends none. */
function firstRecords(text: string, rows: number): string {
  let records = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '"') quoted = !quoted;
    else if (text[at] === '\n' && !quoted) {
      records += 1;
      if (records > rows) return text.slice(0, at + 1);
    }
  }
  return text;
}

function configuration(engine: Engine): string {
  return `data: { source: packages.csv, text: description, outcome: log1p(installed_size) }
split: { prop: 0.8, seed: 20201225 }
recipe:
  - tokenize: words
  - stopwords: { source: snowball, language: en }
  - tokenfilter: { max_tokens: 60 }
  - tfidf: {}
model: { engine: ${engine}, min_n: 1, sample_size: 0.8 }
tune:
  folds: 2
  grid: { trees: [150, 250], tree_depth: [4, 7], learn_rate: [0.05, 0.2] }
  metric: rmse
`;
}
