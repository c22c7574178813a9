/** What differs between two runs, section by section. Pure. */

import { differences, flatten, shownPath } from './fields.ts';
import type { RunRecord } from './manifest.ts';

/** A field of a section that differs; null where a run does not have it. */
export interface RunDifference {
  readonly section: string;
  readonly field: string;
  readonly a: unknown;
  readonly b: unknown;
}

/** The sections in the order in which they are shown; a run is compared by these parts and no others. */
const SECTIONS: readonly (readonly [name: string, part: (record: RunRecord) => unknown])[] = [
  ['input', ({ config, data }) => ({ ...config.data, digest: data.digest, bytes: data.bytes })],
  ['split', ({ config }) => config.split],
  ['recipe', ({ config }) => ({ recipe: config.recipe })],
  ['model', ({ config }) => config.model],
  ['tune', ({ config }) => config.tune],
  ['best', ({ best }) => best && { configuration: best.id, ...best.values }],
  ['metrics', ({ metrics }) => metrics],
  ['keys', ({ keys }) => keys],
  ['versions', ({ versions }) => versions],
  ['git', ({ lineage }) => lineage?.git ?? undefined],
  ['run', ({ status, until, verdict, failures }) => ({ status, until, verdict, failures: failures.length })],
];

/** All differences of two runs; what is equal is left out. */
export function diffRuns(a: RunRecord, b: RunRecord): RunDifference[] {
  return SECTIONS.flatMap(([section, part]) => {
    const [before, after] = [part(a) ?? {}, part(b) ?? {}];
    return differences(flatten(before), flatten(after)).map(({ field, before: left, after: right }) => ({
      section,
      field: shownPath(field, field in Object(after) || right !== undefined ? after : before),
      a: left ?? null,
      b: right ?? null,
    }));
  });
}
