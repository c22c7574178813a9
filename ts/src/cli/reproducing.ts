import { resolve } from 'node:path';
import { EXIT, type ExitCode, NlpflowError } from '../errors.ts';
import { runFlow, versions } from '../flow/run.ts';
import { registry } from '../native/registry.ts';
import { diffRuns } from '../runs/diff.ts';
import { findRun } from '../runs/index.ts';
import { isSetting } from '../runs/lineage.ts';
import type { RunRecord } from '../runs/manifest.ts';
import { type Check, checkReproducible, failed } from '../runs/reproduce.ts';
import { isBlotted } from '../runs/secrets.ts';
import type { Store } from '../store/store.ts';
import { shorter } from '../ui/format.ts';
import { shellFolder, shellWord } from '../ui/shell.ts';
import type { Context } from './command.ts';
import { commandOf } from './inspection.ts';

/** What `reproduce` was asked for. */
export interface ReproduceArguments {
  readonly id: string;
  readonly run: boolean | undefined;
  readonly force: boolean | undefined;
  readonly fresh: boolean | undefined;
}

/** Prints how a run is repeated and whether that will give the same; with `--run` repeats and compares it. */
export async function reproduceRun(args: ReproduceArguments, store: Store, context: Context): Promise<ExitCode> {
  const { out } = context;
  const record = await findRun(store, args.id);
  const { config, base, checks } = await checkReproducible(record, store, context.cwd, versions(registry()));
  const different = failed(checks);
  const deciding = different.filter(({ decides }) => decides);
  const command = commandOf(record);
  out.result('reproduce', {
    run: record.id,
    command: command ?? null,
    folder: base,
    checks,
    same: deciding.length === 0,
  });
  if (!context.out.json) show(record, base, command, checks, context);
  if (args.run !== true) return EXIT.ok;
  if (deciding.length > 0 && args.force !== true) {
    const names = deciding.map(({ what }) => what).join(', ');
    throw new NlpflowError(
      'NOT_REPRODUCIBLE',
      `run ${record.id} cannot be repeated as it was: ${names} differ; --force repeats it with what is there`,
    );
  }
  const again = await runFlow(config, {
    store,
    workers: 'auto',
    until: record.until,
    resample: record.resample ?? 'always',
    signal: context.signal,
    emit: context.emit,
    name: record.name,
    configPath: record.config_path === null ? null : resolve(base, record.config_path),
    cwd: base,
    argv: context.argv,
    note: `repeats ${record.id}`,
    ...(args.fresh === true ? { fresh: true } : {}),
    ...(context.worker ? { worker: context.worker } : {}),
  });
  context.settle();
  return compare(record, again, context);
}

function show(
  record: RunRecord,
  base: string,
  command: string | undefined,
  checks: readonly Check[],
  { out, cwd }: Context,
): void {
  if (record.status !== 'done') {
    out.line(`run ${record.id} is ${record.status}${record.error ? `: ${record.error.message}` : ''}`);
    out.line();
  }
  const lines = [
    ...(base === cwd ? [] : [`cd ${shellFolder(shorter(base, cwd))}`]),
    ...settings(record).map(([name, value]) => `export ${name}=${shellWord(value)}`),
    command ?? `nlpflow reproduce ${record.id} --run`,
  ];
  for (const line of lines) out.line(line);
  out.line();
  if (lines.some(isBlotted)) {
    out.line('*** stands for a secret, which the record does not hold: put it in yourself, or use --run');
    out.line();
  }
  out.table(
    [{ title: '' }, { title: '' }, { title: 'then' }, { title: 'now' }],
    checks.map(({ what, before, now }) => [
      what,
      verdict(before, now),
      brief(before),
      now === before ? '' : brief(now ?? 'not there'),
    ]),
  );
}

/** The variables of a run; a record that was pulled may name any, so only those that a run writes down are taken. */
function settings({ lineage }: RunRecord): [string, string][] {
  return Object.entries(lineage?.environment ?? {}).filter(([name]) => isSetting(name));
}

function verdict(before: string, now: string | null): string {
  return now === before ? 'same' : 'differs';
}

function brief(text: string): string {
  return /^[0-9a-f]{40,}$/.test(text) ? `${text.slice(0, 16)}…` : text;
}

/** Keys and metrics say whether the repetition came out the same. */
function compare(before: RunRecord, after: RunRecord, { out }: Context): ExitCode {
  const sections = new Set(['best', 'metrics', 'keys']);
  const differences = diffRuns(before, after).filter(({ section }) => sections.has(section));
  out.result('reproduced', { run: before.id, by: after.id, same: differences.length === 0, differences });
  out.line();
  if (differences.length === 0) {
    out.line(`run ${after.id} has the same keys, best configuration and metrics as ${before.id}`);
    return EXIT.ok;
  }
  const first = differences.slice(0, 3).map(({ section, field }) => `${section} ${field}`);
  throw new NlpflowError(
    'NOT_REPRODUCIBLE',
    `run ${after.id} came out otherwise than ${before.id}: ${first.join(', ')}; nlpflow runs diff ${before.id} ${after.id} shows all`,
  );
}
