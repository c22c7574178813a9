import { table, wrap } from '../ui/format.ts';
import type { Command, OptionSpec, PositionalSpec } from './command.ts';

/** The words of the program around its commands. */
export interface Program {
  readonly name: string;
  readonly summary: string;
  /** Lines below the list of commands. */
  readonly epilogue: readonly string[];
  readonly commands: readonly Command[];
  /** Options of every command. */
  readonly globals: Readonly<Record<string, OptionSpec>>;
}

const WIDTH = 100;

/** The help of the program: its commands and what all of them take. */
export function programHelp(program: Program): string {
  const shown = program.commands.filter(({ hidden }) => hidden !== true);
  const rows = shown.map((command) => [`  ${usage(command)}`, command.summary]);
  return blocks([
    program.summary,
    `Usage: ${program.name} <command> [options]`,
    ['Commands:', ...rowsOf(rows)].join('\n'),
    optionBlock('Options', program.globals),
    program.epilogue.join('\n'),
  ]);
}

/** The help of one command. */
export function commandHelp(command: Command, program: Program): string {
  const groups = new Map<string, Record<string, OptionSpec>>();
  for (const [name, spec] of Object.entries(command.options)) {
    const group = spec.group ?? 'Options';
    groups.set(group, { ...groups.get(group), [name]: spec });
  }
  // What belongs to this command alone comes first.
  const headings = [...groups.keys()].sort((a, b) => Number(b === 'Options') - Number(a === 'Options'));
  return blocks([
    `${sentence(command.summary)}.${command.description === undefined ? '' : `\n${wrap(command.description, WIDTH).join('\n')}`}`,
    `Usage: ${program.name} ${usage(command)} [options]`,
    command.positionals.length === 0
      ? ''
      : ['Arguments:', ...rowsOf(command.positionals.map((spec) => [`  ${placeholder(spec)}`, spec.doc]))].join('\n'),
    ...headings.map((heading) => optionBlock(heading, groups.get(heading) ?? {})),
    optionBlock('Options of every command', program.globals),
    command.examples.length === 0
      ? ''
      : [
          'Examples:',
          ...command.examples.flatMap(([example, does]) => [`  ${program.name} ${example}`, `      ${does}`]),
        ].join('\n'),
  ]);
}

/** `predict <MODEL> <INPUT>`: the command as it is typed; brackets mean that an argument may be left out. */
export function usage(command: Command): string {
  return [command.name, ...command.positionals.map(placeholder)].join(' ');
}

/** The environment variable that stands in for an option. */
export function variable(name: string): string {
  return `NLPFLOW_${name.toUpperCase().replaceAll('-', '_')}`;
}

function placeholder({ name, required, choices, label, rest }: PositionalSpec): string {
  const word = (label ?? choices?.join('|') ?? name.toUpperCase()) + (rest === true ? '...' : '');
  return required ? word : `[${word}]`;
}

function optionBlock(heading: string, options: Readonly<Record<string, OptionSpec>>): string {
  const entries = Object.entries(options).map(([name, spec]) => {
    const short = spec.short === undefined ? '    ' : `-${spec.short}, `;
    const value =
      spec.type === 'boolean'
        ? ''
        : ` ${spec.choices ? spec.choices.join('|') : (spec.value ?? (spec.type === 'number' ? 'N' : 'TEXT'))}`;
    return [`  ${short}--${name}${value}`, describe(name, spec)];
  });
  return [`${heading}:`, ...rowsOf(entries)].join('\n');
}

function describe(name: string, spec: OptionSpec): string {
  const notes: string[] = [];
  if (spec.required === true) {
    notes.push('needed');
  }
  if (spec.default !== undefined && spec.default !== false) {
    notes.push(`default ${String(spec.default)}`);
  }
  if (spec.environment === true) {
    notes.push(`or ${variable(name)}`);
  }
  return notes.length === 0 ? spec.doc : `${spec.doc} (${notes.join(', ')})`;
}

/** Two columns, the second of them broken at the width of the help. */
function rowsOf(rows: readonly (readonly string[])[]): string[] {
  const indent = Math.max(...rows.map(([left = '']) => left.length)) + 2;
  const broken = rows.flatMap(([left = '', right = '']) =>
    wrap(right, WIDTH - indent).map((line, index) => [index === 0 ? left : '', line]),
  );
  return table([{ title: '' }, { title: '' }], [['x'.repeat(indent - 2), ''], ...broken]).slice(2);
}

function blocks(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('\n\n');
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
