import type { ExitCode } from '../errors.ts';
import type { Emit } from '../events.ts';
import type { Clock } from '../executors/batch/clock.ts';
import type { WorkerCommand } from '../executors/executor.ts';
import type { Store } from '../store/store.ts';
import type { Activity } from '../ui/display.ts';
import type { Output } from '../ui/output.ts';

/** An option of a command: what the parser, `--help` and the types of the handler's arguments derive from. */
export interface OptionSpec {
  readonly type: 'string' | 'number' | 'boolean' | 'list';
  /** One line that says what it is for. */
  readonly doc: string;
  /** One letter. */
  readonly short?: string;
  /** What stands for the value in the help, e.g. `DIR`. */
  readonly value?: string;
  readonly choices?: readonly string[];
  readonly default?: string | number | boolean;
  readonly required?: boolean;
  /** True when `NLPFLOW_<NAME>` gives the value that no flag gives. */
  readonly environment?: boolean;
  /** Heading that the help lists it under. */
  readonly group?: string;
}

/** An argument without a name. */
export interface PositionalSpec {
  readonly name: string;
  readonly doc: string;
  readonly required: boolean;
  readonly choices?: readonly string[];
  /** What stands for it in the help, where the name alone says too little: `RUN|CONFIG`. */
  readonly label?: string;
  /** Takes all that follows, as a list. */
  readonly rest?: boolean;
  /** Its words may begin with a minus: `-old` is no option here. */
  readonly signed?: boolean;
}

type Options = Readonly<Record<string, OptionSpec>>;
type Positionals = readonly PositionalSpec[];

type OptionValue<O extends OptionSpec> = O['type'] extends 'boolean'
  ? boolean
  : O['type'] extends 'number'
    ? number
    : O['type'] extends 'list'
      ? string[]
      : string;
type IsSet<O extends OptionSpec> = O extends
  | { default: string | number | boolean }
  | { required: true }
  | { type: 'list' }
  ? true
  : false;

/** The arguments that a handler receives, by the names of its options and positionals. */
export type Arguments<O extends Options, P extends Positionals> = {
  readonly [K in keyof O]: IsSet<O[K]> extends true ? OptionValue<O[K]> : OptionValue<O[K]> | undefined;
} & {
  readonly [K in P[number] as K['name']]: K extends { rest: true }
    ? string[]
    : K['required'] extends true
      ? string
      : string | undefined;
};

/** All that a handler may touch besides its arguments. */
export interface Context {
  /** Folder that relative paths of the command line start from. */
  readonly cwd: string;
  /** The command line without the program. */
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** How worker processes are started; default: this program. */
  readonly worker?: WorkerCommand;
  /** By which AWS Batch is asked; default: the wall's. */
  readonly clock?: Clock;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Tells the display what happens. */
  readonly emit: Emit;
  /** Where results go. */
  readonly out: Output;
  /** Tells people a line at once, on standard error; nothing with --quiet or --json. */
  readonly tell: (line: string) => void;
  /** Shows a piece of work outside a run. */
  readonly activity: (label: string) => Activity;
  /** Ends the live display, so that results stand below it. */
  readonly settle: () => void;
  /** Opens the store of a name, without one that of `--store`; nothing is written before a run does. */
  readonly openStore: (name?: string) => Promise<Store>;
  /** The store as the user named it. */
  readonly storeName: string;
}

/** A command as data; see `registry.ts` for the list. */
export interface Command<O extends Options = Options, P extends Positionals = Positionals> {
  /** One word, or two for one of a group: `runs list`. */
  readonly name: string;
  /** Other names that it may be called by. */
  readonly aliases?: readonly string[];
  /** One line for the list of commands. */
  readonly summary: string;
  /** More about it, for its own help. */
  readonly description?: string;
  readonly examples: readonly (readonly [command: string, does: string])[];
  readonly positionals: P;
  readonly options: O;
  /** Left out of the list of commands. */
  readonly hidden?: boolean;
  /** All it does is print: without a reader it is over. Other commands go on without one. */
  readonly prints?: boolean;
  /** Returns the exit code. */
  handler(args: Arguments<O, P>, context: Context): Promise<ExitCode>;
}

/** Checks a command's shape and infers the types of its handler's arguments. */
export function defineCommand<const O extends Options, const P extends Positionals>(command: Command<O, P>): Command {
  return command as unknown as Command;
}
