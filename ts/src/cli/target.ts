import { stat } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { ConfigDocument, type Override } from '../config/document.ts';
import { loadConfig } from '../config/load.ts';
import { environmentOverrides, flagOverride, parseGrid, parseSet } from '../config/overrides.ts';
import { resolveConfig } from '../config/resolve.ts';
import type { ResolvedConfig } from '../config/types.ts';
import { NlpflowError } from '../errors.ts';
import { type Registry, registry } from '../native/registry.ts';
import { findRun } from '../runs/index.ts';
import { baseOf } from '../runs/lineage.ts';
import type { Context } from './command.ts';
import { DIALECT_OPTIONS, dialectOf } from './dialect.ts';
import { CONFIG_FLAGS } from './options.ts';

/** The file that a command reads when none is named. */
export const CONFIG_FILE = 'nlpflow.yaml';

/** What a command works on: a complete configuration, and what the run is called. */
export interface Target {
  readonly config: ResolvedConfig;
  readonly name: string;
  /** Absolute path of the configuration; null without a file. */
  readonly configPath: string | null;
}

/** The arguments that a configuration can be changed with; see `CONFIG_OPTIONS`. */
export type ConfigArguments = { readonly grid: string[]; readonly set: string[] } & {
  readonly [flag: string]: unknown;
};

interface Source {
  readonly document: ConfigDocument;
  readonly base: string;
  readonly name: string;
  readonly configPath: string | null;
}

/** Finds out whether CONFIG, DATA or an earlier RUN is meant, applies environment and flags, and checks the result. */
export async function resolveTarget(
  given: string | undefined,
  args: ConfigArguments,
  context: Context,
): Promise<Target> {
  const known = registry();
  const source = await findSource(given, args, context);
  const overrides = [
    ...environmentOverrides(context.env, known, context.cwd),
    ...flagOverrides(args, known, context.cwd),
  ];
  const config = resolveConfig(source.document, overrides, source.base, known);
  return { config, name: source.name, configPath: source.configPath };
}

async function findSource(given: string | undefined, args: ConfigArguments, context: Context): Promise<Source> {
  const wanted = given ?? CONFIG_FILE;
  const path = resolve(context.cwd, wanted);
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() && (await stat(join(path, CONFIG_FILE)).catch(() => undefined))) {
    return fromConfig(join(wanted, CONFIG_FILE), context);
  }
  const extension = extname(wanted).toLowerCase();
  const looksLikeConfig = ['.yaml', '.yml', '.json'].includes(extension);
  if (looksLikeConfig || given === undefined) {
    return fromConfig(wanted, context);
  }
  if (found && !found.isDirectory()) {
    return fromData(wanted, path, args, context);
  }
  if (extension !== '' || wanted.includes('/')) {
    throw new NlpflowError('INPUT_NOT_FOUND', `${wanted}: there is no such file (looked in ${context.cwd})`);
  }
  return fromRun(wanted, context);
}

async function fromConfig(given: string, context: Context): Promise<Source> {
  const { document, base, path, name } = await loadConfig(given, context.cwd);
  return { document, base, name, configPath: path };
}

/** Reads a table without a configuration: what the user does not say of it is chosen as `init` does. */
async function fromData(file: string, path: string, args: ConfigArguments, context: Context): Promise<Source> {
  const told = (key: string, flag: string): string | undefined => {
    const set = args.set.findLast((assignment) => assignment.startsWith(`data.${key}=`));
    const value = set?.slice(`data.${key}=`.length) ?? args[flag] ?? context.env[`NLPFLOW_DATA_${key.toUpperCase()}`];
    return value === undefined || value === '' ? undefined : String(value);
  };
  const said = (key: 'text' | 'outcome' | 'encoding'): Record<string, string> => {
    const value = told(key, key);
    return value === undefined ? {} : { [key]: value };
  };
  const words = Object.keys(DIALECT_OPTIONS).map((flag) => [flag, told(flag.replace('-', '_'), flag)] as const);
  const dialect = dialectOf({
    ...Object.fromEntries(words),
    header: booleanOf(told('header', 'header')),
    'no-header': args['no-header'] === true,
  });
  const given = { file, path, ...said('text'), ...said('outcome'), ...said('encoding'), dialect };
  const { lookAtGiven } = await import('./looking.ts');
  const tree = await lookAtGiven(given, context);
  const name = (path.split('/').at(-1) ?? 'run').replace(/\.(csv|tsv|txt)?(\.(gz|zst))?$/i, '');
  return { document: ConfigDocument.from(tree, 'the command line'), base: '/', name, configPath: null };
}

function booleanOf(text: string | undefined): boolean | undefined {
  return text === undefined ? undefined : text === 'true';
}

async function fromRun(given: string, context: Context): Promise<Source> {
  const store = await context.openStore();
  const record = await findRun(store, given);
  const base = baseOf(record, store, context.cwd);
  return {
    document: ConfigDocument.from(record.config, `run ${record.id}`),
    base,
    name: record.name,
    configPath: record.config_path === null ? null : resolve(base, record.config_path),
  };
}

function flagOverrides(args: ConfigArguments, known: Registry, cwd: string): Override[] {
  if (args['prop'] !== undefined && args['split-column'] !== undefined) {
    throw new NlpflowError(
      'USAGE',
      '--prop and --split-column exclude each other: a random split, or one from a column',
    );
  }
  if (args['header'] !== undefined && args['no-header'] !== undefined) {
    throw new NlpflowError('USAGE', '--header and --no-header exclude each other');
  }
  const overrides: Override[] = [];
  for (const [flag, { path, value, also, replaces }] of Object.entries(CONFIG_FLAGS)) {
    if (args[flag] === undefined) continue;
    overrides.push({ ...flagOverride(path, value ?? args[flag], flag, known, cwd), ...(replaces ? { replaces } : {}) });
    if (also) overrides.push(flagOverride(also, args[flag], flag, known, cwd));
  }
  return [
    ...overrides,
    ...args.grid.map((assignment) => parseGrid(assignment, known, cwd)),
    ...args.set.map((assignment) => parseSet(assignment, known, cwd)),
  ];
}
