import type { RecipeStep } from '../../config/types.ts';
import type { CorpusSummary, FeaturesSummary } from '../../native/stages.ts';
import { count } from '../../ui/format.ts';
import type { ReportData } from '../data.ts';
import { html } from '../html.ts';
import { facts, settings, table } from '../layout.ts';
import type { Section } from '../section.ts';

/** How texts became numbers, and what was kept of them. */
export const recipe: Section = {
  id: 'recipe',
  title: 'Recipe',
  render: (data) => {
    const { record, vocabulary } = data;
    const corpus = record.summaries.corpus as CorpusSummary | undefined;
    const final = record.summaries.final as FeaturesSummary | undefined;
    const rows = stepsOf(data).map((step, index) => {
      const [name = '', given = {}] = Object.entries(step)[0] ?? [];
      return { cells: [`${index + 1}. ${name}`, settings(given)] };
    });
    const several = record.plan.recipes > 1;
    const steps = table(
      `Learned on training rows only, anew in each fold${several ? `; one of ${count(record.plan.recipes)} recipes of the grid` : ''}`,
      [{ title: 'step' }, { title: 'settings' }],
      rows,
    );
    if (!final) return [steps];
    const matrixRows = final.analysis + final.assessment;
    const cells = matrixRows * final.columns;
    return [
      steps,
      facts([
        ['tokens kept', `${count(final.columns)}${corpus ? ` of ${count(corpus.terms)} different ones` : ''}`],
        vocabulary ? ['their occurrences', `${count(vocabulary.occurrences)} in the training rows`] : undefined,
        ['matrix', `${count(matrixRows)} rows × ${count(final.columns)} columns`],
        [
          'values',
          `${count(final.entries)}${cells > 0 ? `, ${((100 * final.entries) / cells).toPrecision(2)} % of the cells` : ''}`,
        ],
        ['rows without any kept token', count(final.empty_rows)],
      ]),
      ...final.warnings
        .slice(0, 1)
        .map(() => html`<p>Its warnings stand under <a href="#problems">Warnings and failures</a>.</p>`),
    ];
  },
};

/** The steps with the settings of the selected configuration; those of the file before anything was selected. */
function stepsOf({ record, plan }: ReportData): readonly RecipeStep[] {
  const chosen = plan?.configurations.find(({ id }) => id === record.best?.id)?.recipe;
  return plan?.recipes.find(({ id }) => id === chosen)?.steps ?? record.config.recipe;
}
