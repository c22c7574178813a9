import { NlpflowError } from '../errors.ts';
import { registry } from '../native/registry.ts';
import { collect, type Keep, removeRun } from '../runs/collect.ts';
import { indexRun } from '../runs/entries.ts';
import { findRun } from '../runs/index.ts';
import { changeLabels } from '../runs/labels.ts';
import type { Store } from '../store/store.ts';
import { bytes, plural } from '../ui/format.ts';
import type { Context } from './command.ts';
import { parseSpan } from './moments.ts';

const KEEPS = ['best', 'tagged', 'last'];

/** Changes tags, note and name of a run. */
export async function labelRun(
  args: {
    readonly run: string;
    readonly tags: readonly string[];
    readonly name?: string | undefined;
    readonly note?: string | undefined;
  },
  store: Store,
  { out }: Context,
): Promise<void> {
  const add = args.tags.filter((tag) => !tag.startsWith('-')).map((tag) => tag.replace(/^\+/, ''));
  const remove = args.tags.filter((tag) => tag.startsWith('-')).map((tag) => tag.slice(1));
  if (args.tags.length === 0 && args.name === undefined && args.note === undefined) {
    throw new NlpflowError('USAGE', 'nothing to change: give +TAG, -TAG, --name or --note');
  }
  const { id } = await findRun(store, args.run);
  const labels = await changeLabels(store, id, { add, remove, name: args.name, note: args.note });
  await indexRun(store, id);
  out.result('labels', { run: id, ...labels });
  const parts = [
    labels.name === undefined ? '' : `name ${labels.name}`,
    labels.tags.length > 0 ? `tags ${labels.tags.join(' ')}` : 'no tags',
    labels.note === undefined ? '' : `note: ${labels.note}`,
  ];
  out.line(`run ${id}: ${parts.filter((part) => part !== '').join(', ')}`);
}

/** Removes runs; what they refer to stays until `gc`. */
export async function removeRuns(wanted: readonly string[], store: Store, { out }: Context): Promise<void> {
  const there = new Set(await store.listRuns());
  // A run that cannot be read can be removed by its id.
  const ids = new Set<string>();
  for (const one of wanted) ids.add(there.has(one) ? one : (await findRun(store, one)).id);
  for (const id of ids) {
    await removeRun(store, id);
    out.result('removed', { run: id });
    out.line(`run ${id} removed; nlpflow gc removes results that no other run refers to`);
  }
}

/** Removes old runs, and results that no run refers to. */
export async function collectGarbage(
  args: { readonly 'older-than': string; readonly keep: string; readonly 'dry-run': boolean | undefined },
  store: Store,
  { out }: Context,
): Promise<void> {
  const better = new Map(registry().metrics.map(({ name, direction }) => [name, direction]));
  const dryRun = args['dry-run'] === true;
  const collected = await collect(store, {
    olderThanMs: parseSpan(args['older-than'], '--older-than'),
    keep: parseKeep(args.keep),
    dryRun,
    higherIsBetter: (metric) => better.get(metric) === 'maximize',
  });
  out.result('gc', { dry_run: dryRun, ...collected });
  for (const { id, name, bytes: size } of collected.runs) out.line(`run ${id} (${name}), ${bytes(size)}`);
  const { runs, results, checkpoints, tables } = collected;
  const rare = [
    ...(checkpoints.length > 0 ? [plural(checkpoints.length, 'checkpoint')] : []),
    ...(tables.length > 0 ? [plural(tables.length, 'uploaded table')] : []),
  ].map((words) => ` and ${words}`);
  const what = `${plural(runs.length, 'run')} and ${plural(results.length, 'result')}${rare.join('')}, ${bytes(collected.bytes)}`;
  out.line(`${dryRun ? 'would remove' : 'removed'} ${what}; ${plural(collected.kept, 'run')} kept`);
  for (const { id, why } of collected.unconfirmed) out.line(`run ${id} stays, since it may still go on: ${why}`);
}

function parseKeep(text: string): Keep[] {
  const rules = text.split(',').map((rule) => rule.trim());
  for (const rule of rules) {
    if (KEEPS.includes(rule) || /^tag:.+/.test(rule) || rules.join() === 'none') continue;
    throw new NlpflowError(
      'USAGE',
      `--keep takes ${KEEPS.join(', ')} and tag:NAME with commas between, or none; not ${rule}`,
    );
  }
  return rules.filter((rule) => rule !== 'none') as Keep[];
}
