/** Whether a run can be repeated: the same data, the same versions, the same commit. */

import { stat } from 'node:fs/promises';
import type { ResolvedConfig } from '../config/types.ts';
import { digestFile } from '../native/binding.ts';
import type { Store } from '../store/store.ts';
import { baseOf, configOf, gitState } from './lineage.ts';
import type { RunRecord } from './manifest.ts';

/** One thing that was compared. */
export interface Check {
  readonly what: string;
  readonly before: string;
  /** Null when it is not there. */
  readonly now: string | null;
  /** Whether results may differ when it does. */
  readonly decides: boolean;
}

/** Versions that results do not depend on. */
const BYSTANDERS: ReadonlySet<string> = new Set(['node', 'nlpflow']);

/** Compares data, versions and commit with those of a run; `versions` are those of now. */
export async function checkReproducible(
  record: RunRecord,
  store: Store,
  cwd: string,
  versions: Readonly<Record<string, string>>,
): Promise<{ readonly config: ResolvedConfig; readonly base: string; readonly checks: readonly Check[] }> {
  const config = configOf(record, store, cwd);
  const base = baseOf(record, store, cwd);
  const { source } = config.data;
  const isThere = await stat(source).then(
    (found) => found.isFile(),
    () => false,
  );
  const checks: Check[] = [
    { what: 'data', before: record.data.digest, now: isThere ? await digestFile(source) : null, decides: true },
    ...Object.entries(record.versions).map(([name, before]) => ({
      what: name,
      before,
      now: versions[name] ?? null,
      decides: !BYSTANDERS.has(name),
    })),
  ];
  const git = record.lineage?.git;
  if (git) {
    const now = await gitState(base);
    checks.push({ what: 'git commit', before: git.commit, now: now?.commit ?? null, decides: false });
    if (git.dirty)
      checks.push({ what: 'uncommitted changes', before: 'yes', now: now ? yes(now.dirty) : null, decides: false });
  }
  return { config, base, checks };
}

/** The checks that failed. */
export function failed(checks: readonly Check[]): Check[] {
  return checks.filter(({ before, now }) => before !== now);
}

function yes(is: boolean): string {
  return is ? 'yes' : 'no';
}
