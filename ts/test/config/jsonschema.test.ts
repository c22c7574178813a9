import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { configJsonSchema } from '../../src/config/jsonschema.ts';
import { addonPath } from '../../src/native/binding.ts';
import { registry } from '../../src/native/registry.ts';
import { REGISTRY } from './registry.fixture.ts';

const missing = addonPath() === undefined;

test('the schema names every parameter, step and metric of the registry, with its range and meaning', () => {
  const schema = configJsonSchema(REGISTRY);
  const grid = schema.properties?.['tune']?.properties?.['grid']?.properties;
  expect(Object.keys(grid ?? {})).toEqual(
    expect.arrayContaining([
      'trees',
      'nrounds',
      'eta',
      'learn_rate',
      'mtry_prop',
      'tokenfilter.max_tokens',
      'tfidf.norm',
    ]),
  );
  expect(grid?.['zeros']).toBeUndefined();
  expect(schema.properties?.['model']?.properties?.['learn_rate']).toMatchObject({
    type: 'number',
    exclusiveMinimum: 0,
    maximum: 1,
    description: 'The share of each tree. (another name of eta)',
  });
  const [bare, step] = schema.properties?.['recipe']?.items?.anyOf ?? [];
  expect(bare).toMatchObject({ enum: ['stopwords', 'tokenfilter', 'tfidf', 'tf'] });
  expect(Object.keys(step?.properties ?? {})).toEqual(['tokenize', 'stopwords', 'tokenfilter', 'tfidf', 'tf']);
  expect(schema.properties?.['tune']?.properties?.['metric']).toMatchObject({
    enum: ['rmse', 'mae', 'rsq', 'rsq_trad'],
  });
  expect(schema['required']).toEqual(['data']);
});

test.skipIf(missing)(
  `docs/config.schema.json is up to date${missing ? ' (skipped: the native add-on was not built)' : ''}`,
  async () => {
    const committed = await readFile(new URL('../../../docs/config.schema.json', import.meta.url), 'utf8');
    // To renew it: scripts/nlpflow config --schema > docs/config.schema.json
    expect(JSON.parse(committed)).toEqual(configJsonSchema(registry()));
  },
);
