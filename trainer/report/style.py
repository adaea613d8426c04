"""The page's style sheet: light and dark, wide, narrow and on paper; nothing is fetched."""

from __future__ import annotations

# No < or & stands in it: the page is well formed XML as it is.
STYLE = """
:root {
  color-scheme: light dark;
  --ground: #ffffff; --panel: #f6f6f4; --ink: #1d1d1f; --soft: #5c5c63; --hair: #dcdcd8; --bar: #8a9aa8;
  --accent: #0068a8; --warn: #a33c00;
  --c0: #009e73; --c1: #3b9fd9; --c2: #d98e00; --c3: #c0669a; --c4: #d55e00; --c5: #0062a0; --c6: #8a8a8a;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --ground: #16171a; --panel: #1f2125; --ink: #ececec; --soft: #a4a6ad; --hair: #35373d; --bar: #6f8191;
    --accent: #62b8f0; --warn: #ff9a5c;
    --c0: #1fc795; --c1: #6cc4f7; --c2: #f0ae30; --c3: #e292c0; --c4: #ff7f33; --c5: #4597d8; --c6: #a8a8a8;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 62rem; padding: 1.5rem clamp(1rem, 4vw, 2.5rem) 4rem; background: var(--ground);
  color: var(--ink); font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
}
h1 { font-size: clamp(1.5rem, 5vw, 2.1rem); line-height: 1.2; margin: 0 0 .4rem; overflow-wrap: anywhere; }
h2 {
  font-size: 1.3rem; line-height: 1.3; margin: 3rem 0 .8rem; padding-top: .8rem;
  border-top: 1px solid var(--hair);
}
h3 { font-size: 1.05rem; margin: 1.5rem 0 .5rem; overflow-wrap: anywhere; }
p { margin: .5rem 0; max-width: 46rem; overflow-wrap: anywhere; }
code { font: .88em ui-monospace, "DejaVu Sans Mono", monospace; color: var(--soft); }
.note, .under { color: var(--soft); font-size: .9rem; }
nav { display: flex; flex-wrap: wrap; gap: .4rem 1.1rem; margin: 1.2rem 0 0; font-size: .95rem; }
nav a { color: var(--accent); }
.heads { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .8rem; margin: 1.4rem 0; }
.heads div { background: var(--panel); border-radius: 8px; padding: .7rem .9rem; }
.heads dt { color: var(--soft); font-size: .85rem; }
.heads dd { margin: 0; font-size: 1.35rem; font-weight: 650; font-variant-numeric: tabular-nums; }
.facts { margin: .8rem 0; }
.facts div {
  display: grid; grid-template-columns: 13rem 1fr; gap: .2rem 1rem; padding: .45rem 0;
  border-top: 1px solid var(--hair);
}
.facts div:first-child { border-top: 0; }
.facts dt { font-weight: 600; }
.facts dd { margin: 0; overflow-wrap: anywhere; max-width: 44rem; }
.cards {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); gap: 1rem;
  margin-top: 1.5rem;
}
.cards article {
  background: var(--panel); border-left: 5px solid var(--own); border-radius: 6px; padding: .8rem 1rem;
  break-inside: avoid;
}
.cards h3 { margin: 0 0 .3rem; }
.pair {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); gap: 1.2rem 2rem;
  margin: 1rem 0;
}
figure { margin: 0; min-width: 0; break-inside: avoid; }
figcaption { font-weight: 600; margin-bottom: .3rem; }
figure .note { margin-top: .2rem; }
.chart { display: block; width: 100%; height: auto; max-width: calc(var(--w) * 1.5px); overflow: visible; }
.chart text { font-size: 11px; fill: var(--soft); font-family: inherit; font-variant-numeric: tabular-nums; }
.chart .label, .chart .name {
  fill: var(--ink); paint-order: stroke; stroke: var(--ground); stroke-width: 4px; stroke-linejoin: round;
}
.chart .strong, .chart .name { font-weight: 650; }
.chart .name { font-size: 12px; }
.axis { stroke: var(--soft); stroke-width: 1; }
.grid { stroke: var(--hair); stroke-width: 1; }
.mark { stroke: var(--ink); stroke-width: 1; }
.mark.over { stroke-dasharray: 3 3; }
.limit { stroke: var(--warn); stroke-width: 1; stroke-dasharray: 4 3; }
.chord { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 1 3; }
.lead { stroke: var(--ink); stroke-width: 1; }
.bar { fill: var(--bar); }
.share.faint { fill-opacity: .45; }
.dots { fill: none; stroke-width: 4; stroke-opacity: .6; }
.centroid { stroke: var(--ink); stroke-width: 2; }
.curve { fill: none; stroke: var(--accent); stroke-width: 2; }
.dot { fill: var(--accent); }
.dot.hollow { fill: var(--ground); stroke: var(--accent); stroke-width: 1.5; }
.dot.chosen { stroke: var(--ink); stroke-width: 2; }
.scrolls { overflow-x: auto; margin: .8rem 0; }
table { border-collapse: collapse; font-size: .92rem; }
th, td { text-align: left; padding: .35rem .8rem .35rem 0; border-top: 1px solid var(--hair); vertical-align: top; }
td + td, th + th { padding-left: .6rem; }
th { border-top: 0; color: var(--soft); font-weight: 600; vertical-align: bottom; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
th.number { white-space: normal; }
.remark { white-space: nowrap; }
@media (max-width: 34rem) {
  .facts div { grid-template-columns: 1fr; }
  .chart text { font-size: 12px; }
}
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav { display: none; }
  h2, h3 { break-after: avoid; }
  h2 { margin-top: 1.6rem; }
  tr { break-inside: avoid; }
  .scrolls { overflow: visible; }
  table { font-size: 8pt; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""
