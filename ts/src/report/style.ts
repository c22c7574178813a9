/** The page's style: light and dark, narrow and wide, screen and paper. */
export const STYLE = `
:root {
  color-scheme: light;
  --bg: #f5f6f8; --card: #ffffff; --ink: #1b1f24; --quiet: #57606a; --line: #e1e5ea; --axis: #8a939d;
  --accent: #1f5fbf; --bad: #b42318; --mark: #eaf1fc;
  --c1: #1f5fbf; --c2: #c2410c; --c3: #0f766e; --c4: #7e22ce; --c5: #8a5a00; --c6: #be185d;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    color-scheme: dark;
    --bg: #0f1318; --card: #171c23; --ink: #e6e9ee; --quiet: #a3adb8; --line: #2c343e; --axis: #6b7682;
    --accent: #7fb2ff; --bad: #ff8f85; --mark: #1d2b40;
    --c1: #7fb2ff; --c2: #ff9e64; --c3: #4fd6c4; --c4: #c9a2ff; --c5: #e8c552; --c6: #ff8ec2;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-padding-top: 12px; }
body { margin: 0; background: var(--bg); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
.skip { position: absolute; left: -9999px; top: 8px; padding: 8px 14px; background: var(--card); color: var(--ink); z-index: 1; }
.skip:focus { left: 8px; }
header, main, footer, nav { max-width: 1240px; margin: 0 auto; padding: 0 16px; }
header { padding-top: 28px; }
h1 { font-size: 27px; line-height: 1.2; margin: 0; }
h2 { font-size: 20px; line-height: 1.3; margin: 0 0 12px; }
h3 { font-size: 16px; margin: 20px 0 6px; }
p { margin: 0 0 12px; max-width: 78ch; }
code, pre { font: 0.92em/1.45 ui-monospace, monospace; unicode-bidi: isolate; overflow-wrap: anywhere; }
pre { margin: 0 0 12px; padding: 12px; background: var(--bg); border: 1px solid var(--line); border-radius: 6px; white-space: pre-wrap; }
.quiet { color: var(--quiet); }
.bad { color: var(--bad); }
.verdict { font-size: 17px; font-weight: 600; border-left: 4px solid var(--accent); padding: 2px 0 2px 12px; }
.verdict.bad { border-color: var(--bad); }
.numbers { display: flex; flex-wrap: wrap; gap: 10px; margin: 16px 0 0; padding: 0; list-style: none; }
.numbers li { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 8px 14px; }
.numbers b { display: block; font-size: 20px; font-variant-numeric: tabular-nums; }
nav { padding-top: 16px; }
nav ul { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 0; padding: 0; list-style: none; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 20px; margin: 16px 0; }
footer { padding-bottom: 32px; color: var(--quiet); }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(440px, 100%), 1fr)); gap: 0 40px; margin: 0 0 14px; }
.facts > div { display: grid; grid-template-columns: 11em 1fr; gap: 12px; padding: 4px 0; border-bottom: 1px solid var(--line); }
.facts dt { color: var(--quiet); }
.facts dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; margin: 0 0 14px; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--quiet); padding: 0 0 6px; }
th, td { text-align: left; vertical-align: top; padding: 4px 10px 4px 0; border-bottom: 1px solid var(--line); font-weight: 400; }
td { overflow-wrap: anywhere; }
td.right { overflow-wrap: normal; }
thead th { color: var(--quiet); font-size: 13px; vertical-align: bottom; }
th:last-child, td:last-child { padding-right: 6px; }
.right { text-align: right; }
.marked > * { background: var(--mark); }
.tables { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(300px, 100%), 1fr)); gap: 0 32px; }
details { margin: 0 0 12px; }
summary { cursor: pointer; color: var(--accent); padding: 4px 0; }
ul { padding-left: 1.3em; margin: 0 0 12px; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(330px, 100%), 1fr)); gap: 16px 28px; margin: 8px 0; }
figure { margin: 0; max-width: 460px; break-inside: avoid; }
.beside { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(440px, 100%), 1fr)); gap: 16px 40px; align-items: start; }
figure.wide { max-width: none; grid-column: 1 / -1; }
figure svg { display: block; width: 100%; height: auto; }
figure .drawn-wide { display: none; }
.figure-title { font-weight: 600; margin: 0 0 4px; }
figcaption { color: var(--quiet); font-size: 13.5px; margin-top: 4px; }
.key { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 18px; padding: 0; margin: 6px 0; font-size: 13.5px; }
.key svg { display: inline-block; width: 22px; height: 10px; }
@media screen and (min-width: 1000px) {
  figure.wide .drawn-narrow { display: none; }
  figure.wide .drawn-wide { display: block; }
}
@media screen and (max-width: 720px) {
  section { padding: 16px 14px; }
  .facts > div { grid-template-columns: 8.5em 1fr; }
  table.wide, table.wide tbody, table.wide caption { display: block; }
  table.wide thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  table.wide tr { display: flex; flex-wrap: wrap; gap: 0 14px; padding: 6px 4px; border-bottom: 1px solid var(--line); }
  table.wide tr.marked { background: var(--mark); }
  table.wide th, table.wide td { border: 0; padding: 0; text-align: left; }
  table.wide tbody th { flex-basis: 100%; font-weight: 600; }
  table.wide td::before { content: attr(data-title) " "; color: var(--quiet); }
}
@media print {
  body { background: none; font-size: 10.5pt; }
  nav, .skip { display: none; }
  section { border: 0; padding: 0; margin: 0 0 18pt; }
  h2, h3, .figure-title { break-after: avoid; }
  tr { break-inside: avoid; }
  figure.wide { max-width: 420pt; }
  .plots { grid-template-columns: 1fr 1fr; }
  .tables, .beside { display: block; }
  details::details-content { content-visibility: visible; display: block; }
  a { color: inherit; text-decoration: none; }
}
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
`;
