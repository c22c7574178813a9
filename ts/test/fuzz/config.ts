/** What must hold for any configuration: never a defect, every mistake has a place, and what is printed reads back the same. */

import assert from 'node:assert/strict';
import { stringify } from 'yaml';
import { ConfigDocument, type Override, type Place } from '../../src/config/document.ts';
import { environmentOverrides, flagOverride, parseGrid, parseSet } from '../../src/config/overrides.ts';
import { ConfigError, resolveConfig } from '../../src/config/resolve.ts';
import { EXIT, NlpflowError } from '../../src/errors.ts';
import { REGISTRY } from '../config/registry.fixture.ts';

const FILE = 'nlpflow.yaml';
const FOLDER = '/project';

/** Names that every object has: none may come from a configuration. */
const OF_EVERY_OBJECT = Reflect.ownKeys(Object.prototype);

/**
 * Reads a configuration with its overrides, which stand in comments: `#! --set tune.folds=5`, `#! --grid trees=1,2`,
 * `#! --folds 5` or `#! NLPFLOW_TUNE_FOLDS=5`. Throws when something does not hold that must; returns the outcome in
 * words without its values, by which inputs that do something new are told.
 */
export function checkConfig(text: string): string {
  try {
    const config = resolveConfig(ConfigDocument.parse(text, FILE), overridesOf(text), FOLDER, REGISTRY);
    for (const again of [ConfigDocument.parse(stringify(config), FILE), ConfigDocument.from(config, 'run')]) {
      assert.deepStrictEqual(resolveConfig(again, [], '/elsewhere', REGISTRY), config, 'it reads back as another one');
    }
    JSON.stringify(config);
    return shape(stringify(config));
  } catch (error) {
    if (!(error instanceof NlpflowError)) throw error;
    assert.equal(error.exitCode, EXIT.usage, error.code);
    if (error instanceof ConfigError) checkProblems(error, text);
    return shape(error.message);
  } finally {
    assert.deepStrictEqual(Reflect.ownKeys(Object.prototype), OF_EVERY_OBJECT, 'every object has a new property');
  }
}

function checkProblems(error: ConfigError, text: string): void {
  assert.ok(error.problems.length > 0, 'a mistake is named');
  for (const { message, hint, place } of error.problems) {
    assert.ok(message.length > 0, 'a mistake has words');
    for (const words of [message, hint ?? '']) {
      assert.ok(!words.includes('[object ') || text.includes('[object '), words);
      assert.ok(!/\bundefined\b/.test(words) || text.includes('undefined'), words);
    }
    checkPlace(place, text);
  }
}

function checkPlace(place: Place, text: string): void {
  if (place.kind === 'origin') {
    assert.ok(place.origin.length > 0, 'an origin has a name');
    return;
  }
  const row = text.split('\n')[place.line - 1];
  assert.ok(row !== undefined, `there is no line ${place.line}`);
  assert.equal(place.excerpt, row.replace(/\r$/, ''), 'the line is that of the file');
  assert.ok(place.column >= 1 && place.column <= row.length + 1, `there is no column ${place.column} in ${row}`);
  assert.ok(place.width >= 1 && place.column + place.width <= Math.max(2, row.length + 2), 'the mark is in the line');
}

function overridesOf(text: string): Override[] {
  const given = [...text.matchAll(/^#! (.*)$/gm)].map(([, line = '']) => line);
  const env: Record<string, string> = {};
  const flags: Override[] = [];
  for (const line of given) {
    const [, flag, value = ''] = /^--(\S+)[ =](.*)$/.exec(line) ?? [];
    const [, name, content = ''] = /^(NLPFLOW_[^=]*)=(.*)$/.exec(line) ?? [];
    if (flag === 'set') flags.push(parseSet(value, REGISTRY, '/here'));
    else if (flag === 'grid') flags.push(parseGrid(value, REGISTRY, '/here'));
    else if (flag === 'folds') flags.push(flagOverride(['tune', 'folds'], Number(value), flag, REGISTRY, '/here'));
    else if (flag === 'text') flags.push(flagOverride(['data', 'text'], value, flag, REGISTRY, '/here'));
    else if (name !== undefined) env[name] = content;
  }
  return [...environmentOverrides(env, REGISTRY, '/here'), ...flags];
}

/** The words of a message or a document without numbers and whatever stands in excerpts. */
function shape(words: string): string {
  return words
    .replace(/^ .*\|.*$/gm, '')
    .replace(/not (".*|\[.*|\{.*)/g, 'not')
    .replace(/[\d.]+/g, '0')
    .slice(0, 2000);
}
