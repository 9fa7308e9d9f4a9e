/** How the page looks, by day and by night. Colour is never the only sign of anything. */

export const pageStyle = `
:root {
  color-scheme: light dark;
  --page: #fbfaf7; --ink: #1d232b; --faint: #59636f; --line: #d5d9de; --band: #f0f1ee;
  --placed: #d6e6f7; --placed-edge: #2a66a8; --open: #ffffff; --open-edge: #7b8590;
  --failed: #fbdad7; --failed-edge: #b3261e; --state: #fff3cf; --state-edge: #8a6d1a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14181d; --ink: #e8eaed; --faint: #a3adb8; --line: #333b45; --band: #1b2027;
    --placed: #17395c; --placed-edge: #7fb5ec; --open: #14181d; --open-edge: #8b96a2;
    --failed: #571c19; --failed-edge: #ff8a80; --state: #40361a; --state-edge: #e0bf5e;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1.5rem; max-width: 110rem; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif;
}
h1 { font-size: 1.35rem; margin: 0 0 .5rem; overflow-wrap: anywhere; }
header p { margin: .35rem 0; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
a { color: var(--placed-edge); }
ul.words { margin: .25rem 0; padding-left: 1.25rem; }
.verdict {
  display: inline-block; padding: .1rem .6rem; border: 2px solid; border-radius: 1rem;
  font-weight: 600;
}
.verdict.illegal { color: var(--failed-edge); }
.verdict.ok { color: var(--placed-edge); }
.verdict.unknown { color: var(--state-edge); }
.legend { color: var(--faint); font-size: .87rem; max-width: 60rem; }
.scroller { overflow-x: auto; border: 1px solid var(--line); border-radius: 6px; }
.timeline { display: flex; width: max-content; }
.names {
  position: sticky; left: 0; z-index: 4; background: var(--page);
  border-right: 1px solid var(--line);
}
.names > div { padding: .4rem .8rem; white-space: nowrap; font-weight: 600; }
.canvas { position: relative; }
ol.row, ol.states { list-style: none; margin: 0; padding: 0; }
ol.row::before {
  content: ""; position: absolute; left: 0; right: 0; top: var(--top); height: 1px;
  background: var(--line);
}
li.bar {
  position: absolute; z-index: 1; height: 42px; padding: 0 5px;
  border: 1.5px solid var(--open-edge); border-radius: 4px;
  background: var(--open); font-size: 12px; line-height: 20px; white-space: nowrap;
  overflow: hidden; text-overflow: ellipsis;
}
li.bar.placed { background: var(--placed); border-color: var(--placed-edge); }
li.bar.left-out { border-style: dashed; color: var(--faint); }
li.bar.unanswered { border-right: 0; border-top-right-radius: 0; border-bottom-right-radius: 0; }
li.bar.conflict { border-width: 3px; line-height: 17px; border-color: var(--failed-edge); }
li.bar.failed { color: var(--ink); background: var(--failed); font-weight: 700; }
.dot {
  position: absolute; z-index: 2; min-width: 18px; height: 18px; padding: 0 4px;
  border-radius: 9px; transform: translateX(-50%);
  background: var(--placed-edge); color: var(--page); font-size: 11px; line-height: 18px;
  text-align: center;
}
.thread { position: absolute; width: 1px; background: var(--line); }
li.state {
  position: absolute; top: 12px; height: 24px; padding: 0 5px; transform: translateX(-50%);
  border: 1px solid var(--state-edge);
  border-radius: 4px; background: var(--state); font-size: 12px; line-height: 22px;
  text-align: center; white-space: nowrap;
}
.failure {
  scroll-margin: 6rem 24rem; position: absolute; z-index: 3; top: 0; width: 0;
  border-left: 3px solid var(--failed-edge);
}
.failure span {
  position: absolute; top: 10px; left: 4px; padding: 0 6px; white-space: nowrap;
  font-size: 12px; font-weight: 700;
  background: var(--page); color: var(--failed-edge); border: 1px solid; border-radius: 4px;
}
table { border-collapse: collapse; font-size: .87rem; margin: .5rem 0; }
th, td {
  text-align: left; padding: .2rem .9rem .2rem 0; border-bottom: 1px solid var(--line);
  overflow-wrap: anywhere; vertical-align: top;
}
tr.failed td { color: var(--failed-edge); font-weight: 700; }
summary { cursor: pointer; margin-top: .75rem; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
@media print { .scroller { overflow: visible; } }
`
