import { NlpflowError } from '../errors.ts';
import type { InspectedColumn, InspectSummary } from '../native/stages.ts';
import { shellWord } from '../ui/shell.ts';
import { isIndexName, NAMED, outcomeRank } from './choosing/names.ts';
import { type Candidate, candidateOf, whyNoOutcome } from './choosing/outcome.ts';
import { type Answer, type ColumnUse, LONGEST_SHOWN, Question } from './choosing/question.ts';
import { columnTerm, isComparison, shown } from './choosing/terms.ts';
import { bestTexts, otherText, textCandidates, wordsARow } from './choosing/text.ts';

export { type ColumnUse, Question } from './choosing/question.ts';
export { isComparison } from './choosing/terms.ts';

/** What was chosen for a table, and why, in sentences. */
export interface Choice {
  readonly text: string;
  readonly outcome: string;
  /** A column that says train or test, where there is one. */
  readonly split?: string;
  readonly objective: string;
  readonly reasons: readonly string[];
  /** Every column of the table in its order. */
  readonly columns: readonly ColumnUse[];
}

/** What the user said himself, and the command that asks: a question repeats it with what is missing. */
export interface Asked {
  readonly text?: string;
  readonly outcome?: string;
  readonly command?: string;
}

/** Ranks of columns without a telling name that are too near to each other to choose. */
const TOO_NEAR = 10;

/** Chooses text column, outcome and split of a table; what the user named is taken as it is. Asks where it is not clear. */
export function chooseColumns(table: InspectSummary, named: Asked): Choice {
  return new Chooser(table, named).choose();
}

/** The objective that fits an outcome: a comparison, or a column of 0 and 1 or of true and false, is an event. */
export function objectiveOf(outcome: string, columns: readonly InspectedColumn[]): string {
  const column = columns.find(({ name }) => [name, columnTerm(name)].includes(outcome.trim()));
  const isZeroOne = column?.kind === 'number' && column.distinct === 2 && column.min === 0 && column.max === 1;
  const isTruth = column?.kind === 'boolean' && column.examples.every((example) => /^(true|false)$/i.test(example));
  return isZeroOne || isTruth || isComparison(outcome) ? 'binary:logistic' : 'reg:squarederror';
}

class Chooser {
  readonly #table: InspectSummary;
  readonly #named: Asked;
  readonly #columns: readonly InspectedColumn[];
  readonly #uses = new Map<InspectedColumn, Omit<ColumnUse, 'name'>>();
  readonly #reasons: string[] = [];

  constructor(table: InspectSummary, named: Asked) {
    this.#table = table;
    this.#named = named;
    this.#columns = table.columns.filter((column) => isNameable(column, table.columns));
    for (const column of table.columns) {
      this.#uses.set(column, { use: 'none', reason: column.name === '' ? 'it has no name' : 'its name stands twice' });
      if (isIndexName(column.name) && column.sequence) this.#say(column, 'none', 'the numbers of the rows');
    }
  }

  choose(): Choice {
    const { text: namedText, outcome: namedOutcome } = this.#named;
    if (namedText !== undefined && !this.#columns.some(({ name }) => name === namedText)) {
      const names = this.#columns.map(({ name }) => shown(name)).join(', ');
      throw new NlpflowError('UNKNOWN_COLUMN', `there is no column ${shown(namedText)}; columns are ${names}`);
    }
    const candidates = this.#candidates();
    const text = this.#text(candidates);
    const { outcome, objective } =
      namedOutcome === undefined ? this.#outcome(candidates, text) : this.#given(namedOutcome);
    const split = this.#columns.find(isSplit);
    if (split) {
      this.#say(split, 'split', 'says train or test');
      this.#reasons.push(`split: column ${shown(split.name)} says train or test`);
    }
    return {
      text: text.name,
      outcome,
      objective,
      reasons: this.#reasons,
      ...(split ? { split: split.name } : {}),
      columns: this.#described(),
    };
  }

  /** What could be predicted, the surest first; says of every column what it is. */
  #candidates(): Candidate[] {
    const found: Candidate[] = [];
    const names = this.#columns.map(({ name }) => name);
    for (const column of this.#columns) {
      const why = whyNoOutcome(column, this.#table.sampled);
      const candidate = why === undefined && column.name !== this.#named.text ? candidateOf(column, names) : undefined;
      if (candidate) {
        found.push(candidate);
        this.#say(column, 'possible', candidate.holds);
      } else if (why !== undefined) {
        this.#say(column, 'none', why);
      } else {
        const { use, reason } = otherText(column);
        this.#say(column, use, reason);
      }
    }
    return found.toSorted((a, b) => b.rank - a.rank);
  }

  #text(candidates: readonly Candidate[]): InspectedColumn {
    const { text: name, outcome } = this.#named;
    const given = this.#columns.find((column) => column.name === name);
    if (given) {
      this.#say(given, 'text', 'as you said');
      this.#reasons.push(`text: column ${shown(given.name)}, as you said`);
      return given;
    }
    const isOutcome = (column: InspectedColumn) =>
      outcome !== undefined && [column.name, columnTerm(column.name)].includes(outcome.trim());
    const isNamed = (column: InspectedColumn) => candidates.some((one) => one.column === column && one.rank >= NAMED);
    const texts = textCandidates(this.#columns.filter((column) => !isOutcome(column) && !isNamed(column)));
    const [best, ...asGood] = bestTexts(texts);
    if (!best) {
      const words = this.#columns.filter(({ kind, form }) => form === undefined && ['text', 'category'].includes(kind));
      const answers = words.map((column) => this.#textAnswer(column));
      throw this.#question('no column looks like text: sentences stand in none', answers);
    }
    if (asGood.length > 0) {
      const answers = [best, ...asGood].map(({ column }) => this.#textAnswer(column));
      throw this.#question(`${answers.length} columns are as good as each other for the text`, answers);
    }
    const { column } = best;
    this.#say(column, 'text', `where sentences stand: ${wordsARow(column)}`);
    const longest = texts.every((other) => (other.column.mean_words ?? 0) <= (column.mean_words ?? 0));
    this.#reasons.push(
      `text: column ${shown(column.name)}, ${longest ? 'the longest text' : 'named as one'} with ${wordsARow(column)}`,
    );
    return column;
  }

  #textAnswer(column: InspectedColumn): Answer {
    return { option: 'text', value: column.name, means: wordsARow(column) };
  }

  #given(outcome: string): { outcome: string; objective: string } {
    const column = this.#columns.find(({ name }) => [name, columnTerm(name)].includes(outcome.trim()));
    if (column) this.#say(column, 'outcome', 'as you said');
    this.#reasons.push(`outcome: ${shown(outcome)}, as you said`);
    return { outcome, objective: objectiveOf(outcome, this.#columns) };
  }

  #outcome(found: readonly Candidate[], text: InspectedColumn): { outcome: string; objective: string } {
    const candidates = found.filter(({ column }) => column !== text);
    const [best] = candidates;
    if (!best) {
      throw this.#question('no column looks like an outcome; name it with --outcome', []);
    }
    const near = best.rank >= NAMED ? 1 : TOO_NEAR;
    const asGood = candidates.filter(({ rank }) => rank > best.rank - near);
    if (asGood.length > 1) {
      const answers = asGood.flatMap(outcomeAnswers);
      throw this.#question(`${asGood.length} columns are as good as each other for the outcome`, answers);
    }
    const { column, proposal, holds, ways } = best;
    const twice = this.#table.columns.find((one) => one.name !== '' && !this.#columns.includes(one));
    if (twice && outcomeRank(twice.name) > best.rank) {
      const reason = `${shown(twice.name)} looks like the outcome, but its name stands twice in the header: rename one`;
      throw this.#question(reason, candidates.flatMap(outcomeAnswers));
    }
    if (!proposal) {
      const classes = ways.length > 0 ? '; several classes at once are not possible yet' : '';
      throw this.#question(`${shown(column.name)} looks like the outcome, but holds ${holds}${classes}`, [
        ...outcomeAnswers(best),
        ...candidates.slice(1).flatMap(outcomeAnswers),
      ]);
    }
    const why = best.rank >= NAMED ? 'by its name' : 'no other fits as well';
    this.#say(column, 'outcome', `${why}; ${holds}`);
    this.#reasons.push(`outcome: ${proposal.means}`);
    const others = candidates
      .slice(1)
      .flatMap((one) => outcomeAnswers(one).slice(0, 1))
      .filter(({ value }) => value.length <= LONGEST_SHOWN);
    if (others.length > 0) {
      const listed = others.slice(0, 8).map(({ value }) => `--outcome ${shellWord(value)}`);
      this.#reasons.push(`also possible: ${listed.join(', ')}${others.length > listed.length ? ', …' : ''}`);
    }
    return proposal;
  }

  #say(column: InspectedColumn, use: ColumnUse['use'], reason: string): void {
    this.#uses.set(column, { use, reason });
  }

  #described(): ColumnUse[] {
    return [...this.#uses].map(([{ name }, use]) => ({ name, ...use }));
  }

  #question(reason: string, answers: readonly Answer[]): Question {
    return new Question(reason, answers, this.#described(), this.#named.command ?? 'nlpflow init DATA');
  }
}

function outcomeAnswers({ ways }: Candidate): Answer[] {
  return ways.map(({ outcome, means }) => ({ option: 'outcome', value: outcome, means }));
}

/** Whether a column can be meant: it has a name, and no other has the same. */
function isNameable({ name }: InspectedColumn, columns: readonly InspectedColumn[]): boolean {
  return name !== '' && columns.filter((column) => column.name === name).length === 1;
}

function isSplit({ kind, distinct, examples }: InspectedColumn): boolean {
  return kind === 'category' && distinct === 2 && examples.includes('train') && examples.includes('test');
}
