import yargs, { type Options as YargsOptions } from 'yargs';
import { nearest } from '../config/nearest.ts';
import { NlpflowError } from '../errors.ts';
import type { Command, OptionSpec } from './command.ts';
import { commandHelp, type Program, programHelp, usage, variable } from './help.ts';

/** What the user asked for: a command with its arguments, a text to print, or the versions. */
export type Parsed =
  | { kind: 'command'; command: Command; args: Record<string, unknown> }
  | { kind: 'text'; text: string }
  | { kind: 'version' };

/** Parses a command line. This is the only place that knows yargs; usage mistakes become errors with the code USAGE. */
export function parseArguments(argv: readonly string[], program: Program, env: NodeJS.ProcessEnv): Parsed {
  const [first] = argv;
  if (first === '--version' || first === '-V') {
    return { kind: 'version' };
  }
  // The second word belongs to the command only where it follows at once; elsewhere it may be the value of an option.
  const leading = argv[0] === 'help' ? argv.slice(1, 3) : argv.slice(0, 2);
  const words = leading[0]?.startsWith('-') ? [] : leading.filter((word) => !word.startsWith('-') && word !== 'help');
  const called = findCommand(words, program.commands);
  const command = called?.command;
  if (first === undefined || first === 'help' || asksForHelp(argv)) {
    return { kind: 'text', text: command ? commandHelp(command, program) : programHelp(program) };
  }
  if (!called || !command) {
    throw unknownCommand(first, program);
  }
  const rest = argv.filter((word, index) => argv.indexOf(word) !== index || !called.words.includes(word));
  const parsed = parseWith(rest, command, program);
  return { kind: 'command', command, args: collect(parsed, command, program, env) };
}

/** The command that the first words call, and those words: `runs show` before `runs`. */
function findCommand(
  words: readonly string[],
  commands: readonly Command[],
): { command: Command; words: readonly string[] } | undefined {
  const calls = (name: string) => (command: Command) => command.name === name || command.aliases?.includes(name);
  const both = words.length === 2 ? commands.find(calls(words.join(' '))) : undefined;
  if (both) return { command: both, words };
  const [group = '', member] = words;
  const members = commands
    .filter(({ name }) => name.startsWith(`${group} `))
    .map(({ name }) => name.split(' ')[1] ?? '');
  if (members.length > 0 && member !== undefined) {
    const near = nearest(member, members);
    throw new NlpflowError(
      'USAGE',
      `${group} has no command ${member}${near === undefined ? '' : `; did you mean ${group} ${near}?`}\nits commands are ${members.join(', ')}`,
    );
  }
  const command = commands.find(calls(group));
  return command ? { command, words: [group] } : undefined;
}

/** Stands before a word that yargs would take for options, or for nothing, as it does `-`. */
const SIGN = '\u0001';

function parseWith(argv: readonly string[], command: Command, program: Program): Record<string, unknown> {
  let found: Record<string, unknown> = {};
  const token = command.name.replaceAll(' ', '-');
  const isSigned = command.positionals.some(({ signed }) => signed);
  const words = argv.map((word) => (word === '-' || (isSigned && /^-[^-=][^=]+$/.test(word)) ? SIGN + word : word));
  const parser = yargs()
    .version(false)
    .help(false)
    .exitProcess(false)
    .showHelpOnFail(false)
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'greedy-arrays': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    .options(declare({ ...program.globals, ...command.options }))
    .command(
      [token, ...command.positionals.map(({ name, rest }) => `[${name}${rest ? '..' : ''}]`)].join(' '),
      '',
      (builder) => builder.version(false).help(false),
      (parsed: Record<string, unknown>) => {
        found = parsed;
      },
    )
    .strict()
    .fail((message, error) => {
      throw error instanceof NlpflowError ? error : usageError(message ?? error?.message ?? '', argv, command, program);
    });
  parser.parse([token, ...words]);
  return found;
}

function declare(options: Readonly<Record<string, OptionSpec>>): Record<string, YargsOptions> {
  const declared = Object.entries(options).map(([name, { type, short }]): [string, YargsOptions] => {
    // Numbers are read as text, so that `--folds five` can be answered with a message of our own.
    const settings: YargsOptions =
      type === 'boolean' ? { type } : { type: 'string', requiresArg: true, array: type === 'list' };
    return [name, short === undefined ? settings : { ...settings, alias: short }];
  });
  return Object.fromEntries(declared);
}

/** The arguments by their names: flags before variables before defaults. */
function collect(
  parsed: Record<string, unknown>,
  command: Command,
  program: Program,
  env: NodeJS.ProcessEnv,
): Record<string, unknown> {
  const args: Record<string, unknown> = {};
  for (const { name, required, choices, rest } of command.positionals) {
    const list = [parsed[name] ?? []].flat().map((word) => String(unsigned(word)));
    const value = list[0];
    if (list.includes('-')) {
      throw new NlpflowError(
        'USAGE',
        `- means standard input, which ${command.name} does not read yet: save it to a file and name that`,
      );
    }
    if (required && value === undefined) {
      throw new NlpflowError(
        'USAGE',
        `${command.name} needs ${name.toUpperCase()}: ${program.name} ${usage(command)}\nsee ${helpOf(program, command)}`,
      );
    }
    checkChoice(name.toUpperCase(), value, choices);
    args[name] = rest ? list : value;
  }
  for (const [name, spec] of Object.entries({ ...program.globals, ...command.options })) {
    const given = parsed[name];
    const plain = Array.isArray(given) ? given.map(unsigned) : unsigned(given);
    args[name] = optionValue(name, spec, plain, env);
    if (spec.required === true && args[name] === undefined) {
      const flag = `${spec.short === undefined ? '' : `-${spec.short} or `}--${name} ${spec.value ?? 'VALUE'}`;
      throw new NlpflowError('USAGE', `${command.name} needs ${flag}: ${spec.doc}`);
    }
  }
  return args;
}

function unsigned(word: unknown): unknown {
  return typeof word === 'string' ? word.replace(SIGN, '') : word;
}

function optionValue(name: string, spec: OptionSpec, given: unknown, env: NodeJS.ProcessEnv): unknown {
  const fromEnvironment = spec.environment === true && env[variable(name)] !== '' ? env[variable(name)] : undefined;
  const source = given === undefined && fromEnvironment !== undefined ? variable(name) : `--${name}`;
  const value = given ?? fromEnvironment ?? spec.default;
  if (spec.type === 'list') {
    return (Array.isArray(value) ? value : value === undefined ? [] : [value]).map(String);
  }
  if (Array.isArray(value) && spec.type !== 'boolean') {
    throw new NlpflowError('USAGE', `${source} is given ${value.length} times; give it once`);
  }
  if (value === undefined) {
    return undefined;
  }
  if (spec.type === 'boolean') {
    return ![false, '0', 'false', 'no'].includes(value as string | boolean);
  }
  const text = String(value);
  if (spec.type === 'number') {
    const number = Number(text);
    if (!Number.isFinite(number) || text.trim() === '') {
      throw new NlpflowError('USAGE', `${source} must be a number, not ${text === '' ? 'empty' : text}`);
    }
    return number;
  }
  checkChoice(source, text, spec.choices);
  return text;
}

function checkChoice(what: string, value: string | undefined, choices: readonly string[] | undefined): void {
  if (value === undefined || !choices || choices.includes(value)) {
    return;
  }
  const near = nearest(value, choices);
  throw new NlpflowError(
    'USAGE',
    `${what} must be one of ${choices.join(', ')}, not ${value}${near === undefined ? '' : `; did you mean ${near}?`}`,
  );
}

function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  const words = end < 0 ? argv : argv.slice(0, end);
  return words.includes('--help') || words.includes('-h');
}

function unknownCommand(word: string, program: Program): NlpflowError {
  const see = `${program.name} --help lists the commands`;
  if (word.startsWith('-')) {
    return new NlpflowError('USAGE', `a command comes first, then options such as ${word}; ${see}`);
  }
  const shown = program.commands.filter(({ hidden }) => hidden !== true).map(({ name }) => name);
  const near = nearest(word, shown);
  return new NlpflowError(
    'USAGE',
    `there is no command ${word}${near === undefined ? '' : `; did you mean ${near}?`}\n${see}`,
  );
}

/** yargs' message as ours, with the nearest option. */
function usageError(message: string, argv: readonly string[], command: Command, program: Program): NlpflowError {
  const see = `see ${helpOf(program, command)}`;
  const lacking = /^Not enough arguments following: (.+)$/.exec(message)?.[1];
  if (lacking !== undefined) {
    return new NlpflowError('USAGE', `--${lacking} needs a value\n${see}`);
  }
  const unknown = /^Unknown arguments?: (.+)$/.exec(message)?.[1]?.split(', ')[0];
  if (unknown === undefined) {
    return new NlpflowError('USAGE', `${message}\n${see}`);
  }
  const flag = argv.find((word) => word.startsWith('-') && word.replace(/^-+/, '').split('=')[0] === unknown);
  if (flag === undefined) {
    return new NlpflowError(
      'USAGE',
      `${command.name} does not take the argument ${unknown}: ${program.name} ${usage(command)}\n${see}`,
    );
  }
  const near = nearest(unknown, [...Object.keys(program.globals), ...Object.keys(command.options)]);
  const dashes = flag.startsWith('--') ? '--' : '-';
  return new NlpflowError(
    'USAGE',
    `${command.name} has no option ${dashes}${unknown}${near === undefined ? '' : `; did you mean --${near}?`}\n${see}`,
  );
}

function helpOf(program: Program, command: Command): string {
  return `${program.name} ${command.name} --help`;
}
