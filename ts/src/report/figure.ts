/** A plot as data, and its drawing as SVG. */

import type { TopLevelSpec } from 'vega-lite';
import type { Html, Part } from './html.ts';

/** A plot's marks and data, without size and theme. */
export type PlotSpec = Record<string, unknown>;

/** A plot with the words around it. */
export interface Figure {
  readonly title: string;
  /** What the plot shows, for those who do not see it. */
  readonly description: string;
  /** How it is read. */
  readonly caption?: Part;
  /** What its colours mean. */
  readonly key?: Html;
  readonly spec: PlotSpec;
  /** In pixels of the narrow drawing; default 250. */
  readonly height?: number;
  /** Takes the whole width of a wide screen, where it is drawn a second time. */
  readonly wide?: boolean;
  /** Stands on its right on a wide screen, below it on a narrow one. */
  readonly beside?: Html;
}

/** Widths of a drawing: texts in it are readable at about this size. */
export const NARROW = 360;
export const WIDE = 1080;

/** Draws a plot in a size. */
export type Draw = (spec: PlotSpec, width: number, height: number) => Promise<string>;

/** Colours by name; the page gives them values for light and for dark. */
export const INK = 'var(--ink)';
export const QUIET = 'var(--quiet)';
export const ACCENT = 'var(--accent)';
export const SECOND = 'var(--c2)';
export const COLORS = ['var(--c1)', 'var(--c2)', 'var(--c3)', 'var(--c4)', 'var(--c5)', 'var(--c6)'] as const;

const THEME = {
  background: null,
  font: 'system-ui, sans-serif',
  aria: false,
  view: { stroke: null },
  axis: {
    labelColor: 'var(--quiet)',
    titleColor: 'var(--ink)',
    gridColor: 'var(--line)',
    domainColor: 'var(--axis)',
    tickColor: 'var(--axis)',
    labelFontSize: 11,
    titleFontSize: 11.5,
    titleFontWeight: 500,
    labelLimit: 150,
    titleLimit: 320,
  },
  text: { color: INK, fontSize: 11 },
  bar: { color: ACCENT },
  point: { color: ACCENT },
  rule: { color: ACCENT },
  line: { color: ACCENT },
};

/** Draws with Vega-Lite; loaded at the first plot, so that the program's start costs nothing more. */
export const drawSvg: Draw = async (spec, width, height) => {
  const [{ compile }, vega] = await Promise.all([import('vega-lite'), import('vega')]);
  const whole = { ...spec, width, height, autosize: { type: 'fit', contains: 'padding' }, padding: 2, config: THEME };
  const view = new vega.View(vega.parse(compile(whole as unknown as TopLevelSpec).spec), {
    renderer: 'none',
    logLevel: vega.None,
  });
  try {
    return tidy(await view.toSVG());
  } finally {
    view.finalize();
  }
};

/** The size comes from the page, which scales the drawing by its view box; the words beside it stand for it. */
function tidy(svg: string): string {
  return svg.replace(
    /^<svg[^>]*viewBox="([^"]*)"[^>]*>/,
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="$1" aria-hidden="true" focusable="false">',
  );
}
