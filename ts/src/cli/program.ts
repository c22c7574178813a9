import { resolve } from 'node:path';
import { asNlpflowError, EXIT, type ExitCode, NlpflowError } from '../errors.ts';
import { EVENT_VERSION } from '../events.ts';
import type { Clock } from '../executors/batch/clock.ts';
import type { WorkerCommand } from '../executors/executor.ts';
import { type Activity, type Display, openDisplay, type Screen } from '../ui/display.ts';
import { brief } from '../ui/format.ts';
import { Output } from '../ui/output.ts';
import { type Paint, paint, wantsColor } from '../ui/paint.ts';
import { visible, visibleJson } from '../ui/visible.ts';
import { parseArguments } from './adapter.ts';
import type { Command, Context } from './command.ts';
import type { Delivery, Loss } from './delivery.ts';
import type { Program } from './help.ts';
import { GLOBAL_OPTIONS } from './options.ts';
import { COMMANDS } from './registry.ts';

/** The world around a program: streams, environment, folder, and the signal of Ctrl-C. */
export interface World {
  readonly stdout: Screen;
  readonly stderr: Screen;
  /** What becomes of standard output; by default it cannot be lost. */
  readonly delivery?: Delivery;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly signal: AbortSignal;
  /** How worker processes are started; default: this program. */
  readonly worker?: WorkerCommand;
  /** By which AWS Batch is asked; default: the wall's. */
  readonly clock?: Clock;
}

const PROGRAM: Program = {
  name: 'nlpflow',
  summary: 'From a table with a text column to a tuned XGBoost model.',
  epilogue: [
    'nlpflow <command> --help says more; nlpflow --version prints the versions of nlpflow, XGBoost and Unicode.',
    'Exit codes: 0 done, 1 defect, 2 usage or configuration, 3 input data, 4 store or file system,',
    '            5 tasks failed, 130 interrupted.',
  ],
  commands: COMMANDS,
  globals: GLOBAL_OPTIONS,
};

/** Runs a command line and returns its exit code, when its output has arrived; never throws, never ends the process. */
export async function runProgram(argv: readonly string[], world: World): Promise<ExitCode> {
  const code = await runCommand(argv, world);
  const loss = await world.delivery?.settle();
  // A reader that has seen enough, such as `head`, is no failure; output that is cut off by a full disk is one.
  if (!loss || loss.closed || code !== EXIT.ok) return code;
  return showError(notDelivered(loss), { json: false, noColor: argv.includes('--no-color') }, world);
}

async function runCommand(argv: readonly string[], world: World): Promise<ExitCode> {
  let display: Display | undefined;
  let json = argv.includes('--json');
  try {
    const parsed = parseArguments(argv, PROGRAM, world.env);
    if (parsed.kind === 'text') {
      world.stdout.write(`${parsed.text}\n`);
      return EXIT.ok;
    }
    if (parsed.kind === 'version') {
      world.stdout.write(await versionText());
      return EXIT.ok;
    }
    const flags = parsed.args as { store: string; json?: boolean; quiet?: boolean; 'no-color'?: boolean };
    json = flags.json === true;
    const refused = flags['no-color'] === true;
    const color = (stream: Screen) => wantsColor(stream, world.env, refused);
    display = await openDisplay({ json, quiet: flags.quiet === true, color: color(world.stderr), ...world });
    const shown = display;
    const stopping = () =>
      shown.say('stopping: running tasks are cancelled, finished ones are kept; once more stops at once');
    world.signal.addEventListener('abort', stopping, { once: true });
    const out = new Output((text) => world.stdout.write(text), { json, color: color(world.stdout) });
    const work = parsed.command.handler(
      parsed.args as never,
      contextOf(display, out, { store: flags.store, argv, silent: json || flags.quiet === true }, world),
    );
    return await unlessLost(
      work,
      parsed.command,
      (words) => (json ? world.stderr.write(visible(`${words}\n`)) : shown.say(words)),
      world,
    );
  } catch (error) {
    display?.close();
    display = undefined;
    return showError(asNlpflowError(error), { json, noColor: argv.includes('--no-color') }, world);
  } finally {
    display?.close();
  }
}

/**
 * The exit code of a command whose output may be lost meanwhile. One that merely prints has nothing more to do then, and is
 * over. Any other goes on: what it makes is in the store and may have taken hours or money, and a log collector that dies is
 * no reason to lose it.
 */
async function unlessLost(
  work: Promise<ExitCode>,
  { prints }: Command,
  say: (words: string) => void,
  { delivery }: World,
): Promise<ExitCode> {
  if (!delivery) return work;
  let isOver = false;
  const lost = delivery.lost.then((loss) => {
    if (prints === true) return EXIT.ok;
    if (!isOver) say(`warning: standard output is lost (${loss.reason}); the work goes on without it`);
    return work;
  });
  try {
    return await Promise.race([work, lost]);
  } finally {
    isOver = true;
  }
}

function notDelivered({ reason }: Loss): NlpflowError {
  return new NlpflowError('OUTPUT_NOT_WRITABLE', `standard output cannot be written: ${reason}`);
}

function contextOf(
  display: Display,
  out: Output,
  { store: storeName, argv, silent }: { store: string; argv: readonly string[]; silent: boolean },
  world: World,
): Context {
  return {
    argv,
    cwd: world.cwd,
    env: world.env,
    signal: world.signal,
    out,
    storeName,
    ...(world.worker ? { worker: world.worker } : {}),
    ...(world.clock ? { clock: world.clock } : {}),
    emit: (event) => {
      try {
        display.emit(event);
      } catch (error) {
        // A broken display must not stop the work.
        if (debugging(world)) {
          world.stderr.write(visible(`display: ${error instanceof Error ? error.stack : String(error)}\n`));
        }
      }
    },
    tell: (line) => {
      if (!silent) display.say(line);
    },
    activity: (label: string): Activity => display.activity(label),
    settle: () => display.close(),
    openStore: async (name = storeName) => {
      const { openStore, schemeOf } = await import('../store/open.ts');
      return openStore(schemeOf(name) === undefined ? resolve(world.cwd, name) : name);
    },
  };
}

async function versionText(): Promise<string> {
  const { registry } = await import('../native/registry.ts');
  const known = registry();
  const engines = Object.entries(known.engines).map(
    ([name, { version }]) => `${name === 'xgboost' ? 'XGBoost' : `${name} trainer`} ${version}`,
  );
  return `nlpflow ${known.version} (${[...engines, `Unicode ${known.unicode}`].join(', ')})\n`;
}

/** Says what went wrong: for people on standard error, with `--json` also as an event. Returns the exit code. */
function showError(error: NlpflowError, how: { json: boolean; noColor: boolean }, world: World): ExitCode {
  const style: Paint = paint(wantsColor(world.stderr, world.env, how.noColor));
  if (how.json) {
    const { code, message, exitCode, details } = error;
    const event = {
      v: EVENT_VERSION,
      time: new Date().toISOString(),
      event: 'error',
      code,
      message,
      details,
      exit_code: exitCode,
    };
    world.stdout.write(`${visibleJson(JSON.stringify(event))}\n`);
  }
  const lines: string[] = [];
  if (error.exitCode === EXIT.interrupted) {
    lines.push(`${style.warn('stopped:')} ${visible(error.message)}`);
  } else {
    lines.push(`${style.bad('error:')} ${visible(error.message)}`);
    for (const detail of error.details) {
      lines.push(`  cause: ${brief(visible(detail))}`);
    }
  }
  const debug = debugging(world);
  if (error.exitCode === EXIT.internal && error.code !== 'NATIVE_MISSING') {
    lines.push(
      `This is a defect of nlpflow (${error.code}), not a mistake of yours. ${debug ? 'It happened here:' : 'NLPFLOW_DEBUG=1 shows where it happened.'}`,
    );
  }
  if (debug) {
    const cause = error.cause instanceof Error ? error.cause.stack : undefined;
    lines.push(visible(cause ?? error.stack ?? ''));
  }
  world.stderr.write(`${lines.join('\n')}\n`);
  return error.exitCode;
}

function debugging({ env }: World): boolean {
  return (env['NLPFLOW_DEBUG'] ?? '') !== '';
}
