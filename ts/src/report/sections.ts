import type { Section } from './section.ts';
import { curves } from './sections/curves.ts';
import { data } from './sections/data.ts';
import { failures } from './sections/failures.ts';
import { grid } from './sections/grid.ts';
import { importance } from './sections/importance.ts';
import { lineage } from './sections/lineage.ts';
import { predictions } from './sections/predictions.ts';
import { race } from './sections/race.ts';
import { recipe } from './sections/recipe.ts';
import { repeat } from './sections/repeat.ts';
import { residuals } from './sections/residuals.ts';
import { resources } from './sections/resources.ts';
import { result } from './sections/result.ts';
import { selection } from './sections/selection.ts';
import { vocabulary } from './sections/vocabulary.ts';

/** Every section, in the order of the page. A new section is one file and one line here. */
export const SECTIONS: readonly Section[] = [
  result,
  failures,
  data,
  recipe,
  vocabulary,
  grid,
  curves,
  race,
  selection,
  predictions,
  residuals,
  importance,
  resources,
  lineage,
  repeat,
];
