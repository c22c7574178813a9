/** Why a run computed what it did not reuse: the fields of the keys in which it differs from the nearest earlier tasks. Pure. */

import { STAGES, type StageName } from '../events.ts';
import { type Difference, differences, type Fields, flatten, shownPath } from './fields.ts';

/** A task with the fields of its key; inputs name tasks of the same run by key. */
export interface KeyedTask {
  readonly id: string;
  readonly stage: StageName;
  readonly key: string;
  readonly explain: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, { readonly key: string }>>;
}

/** The tasks of a run. */
export interface KeyedRun {
  readonly id: string;
  readonly tasks: readonly KeyedTask[];
  /** Whether the run was to reach a task; others were planned only. */
  readonly reached: (task: KeyedTask) => boolean;
}

/** A field at the stage where it belongs. */
export interface Cause extends Difference {
  readonly stage: StageName;
}

/** Why tasks of a stage were computed. */
export interface StageReason {
  readonly stage: StageName;
  readonly tasks: readonly string[];
  readonly causes: readonly Cause[];
  /** The earlier run that was nearest; undefined when none had such a task. */
  readonly nearest?: string;
  /** Set when there is no difference. */
  readonly note?: string;
}

/** The reasons of all computed tasks of a run, tasks with equal reasons together; `earlier` newest first. */
export function explainRerun(
  run: KeyedRun,
  computed: ReadonlySet<string>,
  earlier: readonly KeyedRun[],
): StageReason[] {
  const known = new Map(STAGES.map((stage) => [stage, candidates(stage, earlier)]));
  const groups = new Map<string, { stage: StageName; tasks: string[]; reason: Omit<StageReason, 'stage' | 'tasks'> }>();
  const expand = expansion(run);
  for (const stage of STAGES) {
    for (const task of run.tasks.filter((one) => one.stage === stage && computed.has(one.id))) {
      const reason = reasonOf(task, expand(task), known.get(stage) ?? []);
      const identity = JSON.stringify([stage, reason]);
      const group = groups.get(identity) ?? { stage, tasks: [], reason };
      group.tasks.push(task.id);
      groups.set(identity, group);
    }
  }
  return [...groups.values()].map(({ stage, tasks, reason }) => ({ stage, tasks, ...reason }));
}

interface Candidate {
  readonly run: string;
  readonly task: KeyedTask;
  readonly fields: Expanded;
  readonly reached: boolean;
}

/** `stage` and field, separated by a blank → value; and the same as text, to compare many. */
interface Expanded {
  readonly values: Fields;
  readonly texts: ReadonlyMap<string, string>;
}

function candidates(stage: StageName, earlier: readonly KeyedRun[]): Candidate[] {
  const seen = new Set<string>();
  return earlier.flatMap((run) => {
    const expand = expansion(run);
    return run.tasks
      .filter((task) => task.stage === stage)
      .flatMap((task) => {
        const reached = run.reached(task);
        // Equal keys have equal fields: the newest run that has them speaks for all.
        if (seen.has(`${task.key} ${reached}`)) return [];
        seen.add(`${task.key} ${reached}`);
        return [{ run: run.id, task, fields: expand(task), reached }];
      });
  });
}

function reasonOf(
  task: KeyedTask,
  fields: Expanded,
  known: readonly Candidate[],
): Pick<StageReason, 'causes' | 'nearest' | 'note'> {
  const same = known.filter(({ task: other }) => other.key === task.key);
  const made = same.find(({ reached }) => reached);
  if (made) {
    const note = `nothing differs from run ${made.run}: its result was not finished, was removed, or --fresh was given`;
    return { causes: [], nearest: made.run, note };
  }
  let nearest: { candidate: Candidate; distance: number } | undefined;
  for (const candidate of known.filter(({ reached }) => reached)) {
    const distance = distanceOf(candidate.fields.texts, fields.texts);
    if (!nearest || distance < nearest.distance) nearest = { candidate, distance };
  }
  if (nearest) {
    const { candidate } = nearest;
    return { causes: causesOf(candidate.fields.values, fields.values), nearest: candidate.run };
  }
  const planned = same[0];
  const note = planned
    ? `the first time: run ${planned.run} planned it and did not go so far`
    : 'the first time: no earlier run has such a task';
  return { causes: [], note };
}

/** Fields that are not equal, either way. */
function distanceOf(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): number {
  let equal = 0;
  for (const [name, text] of after) if (before.get(name) === text) equal += 1;
  return before.size + after.size - 2 * equal;
}

/** Differences at the stages where they belong. When the folds differ it is no news that a task's own fold does. */
function causesOf(before: Fields, after: Fields): Cause[] {
  const causes = differences(before, after).map(({ field, ...values }): Cause => {
    const [stage = '', name = ''] = split(field);
    return { stage: stage as StageName, field: name, ...values };
  });
  const folds = causes.some(({ stage, field }) => stage === 'split' && field === 'folds');
  return causes.filter(({ stage, field }) => !(folds && stage === 'features' && field === 'fold'));
}

function split(field: string): [string, string] {
  const blank = field.indexOf(' ');
  return [field.slice(0, blank), field.slice(blank + 1)];
}

/** A task's own fields and those of all that it is made from, each under its stage: a key that is derived is left out. */
function expansion(run: KeyedRun): (task: KeyedTask) => Expanded {
  const byKey = new Map(run.tasks.map((task) => [task.key, task]));
  const done = new Map<string, Expanded>();
  const expand = (task: KeyedTask): Expanded => {
    const ready = done.get(task.key);
    if (ready) return ready;
    const fields = new Map<string, unknown>();
    const derived = new Set(Object.keys(task.inputs));
    for (const [name, field] of flatten(withoutInputs(task.explain, derived))) {
      if (name !== 'stage') fields.set(`${task.stage} ${name}`, field);
    }
    for (const [name, { key }] of Object.entries(task.inputs)) {
      const input = byKey.get(key);
      if (input) for (const [field, value] of expand(input).values) fields.set(field, value);
      else fields.set(`${task.stage} ${name}`, key);
    }
    // That a step or a list of parameters is there is told by its order or by its fields.
    const texts = new Map([...fields].map(([name, value]) => [name, JSON.stringify(value)] as const));
    for (const [name, text] of texts) if (text === '{}') texts.delete(name);
    const expanded = { values: fields, texts };
    done.set(task.key, expanded);
    return expanded;
  };
  return expand;
}

function withoutInputs(explain: KeyedTask['explain'], names: ReadonlySet<string>): object {
  return Object.fromEntries(Object.entries(explain).filter(([name]) => !names.has(name)));
}

/** Every field once, at the first stage whose key has it, with the path under which a person finds it there. */
export function rootCauses(reasons: readonly StageReason[], tasks: readonly KeyedTask[]): Cause[] {
  const roots = new Map<string, Cause>();
  for (const cause of reasons.flatMap(({ causes }) => causes)) {
    const { field, before, after, stage } = cause;
    const identity = JSON.stringify([field, before, after]);
    if (roots.has(identity)) continue;
    const paths = tasks.filter((task) => task.stage === stage).map(({ explain }) => shownPath(field, explain));
    roots.set(identity, { ...cause, field: paths.find((path) => path !== field) ?? field });
  }
  return [...roots.values()];
}
