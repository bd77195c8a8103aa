// The look of a run's report.

/** The style sheet: one column of text, charts side by side, light or dark as the reader's system is. */
export const reportStyle = `
:root { color-scheme: light dark; --ground: #f7f7f5; --card: #fff; --text: #1d1d1f; --faint: #6e6e73; --line: #e4e4e0;
  --c0: #b4552d; --c1: #2f6f9f; --c2: #4d8a4a; --c3: #8a5aa8; --c4: #b08a1e; --c5: #5c6670; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #161617; --card: #1f1f21; --text: #ececec; --faint: #98989d; --line: #333336;
    --c0: #e8875b; --c1: #6cb2e0; --c2: #86c682; --c3: #c39be0; --c4: #e0bd57; --c5: #a3adb8; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 32px 24px 64px; max-width: 1180px; background: var(--ground); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
h1 { margin: 0; font-size: 26px; letter-spacing: -0.01em; }
h2 { margin: 36px 0 12px; font-size: 18px; }
p.state { margin: 4px 0 0; color: var(--faint); }
.facts { display: flex; flex-wrap: wrap; gap: 10px 32px; margin: 20px 0 0; }
.facts div { display: flex; flex-direction: column; }
.facts b { font-size: 19px; font-weight: 600; font-variant-numeric: tabular-nums; }
.facts span { color: var(--faint); font-size: 13px; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(420px, 1fr)); gap: 16px; margin-top: 28px; }
figure { margin: 0; padding: 14px 16px 10px; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.chart figcaption { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 2px 16px; font-weight: 600; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; font-size: 12.5px; font-weight: 400; color: var(--faint); }
.key b { color: var(--text); font-weight: 600; font-variant-numeric: tabular-nums; }
.key i { display: inline-block; width: 10px; height: 3px; margin-right: 5px; border-radius: 2px; vertical-align: middle; background: var(--c); }
svg { display: block; width: 100%; height: auto; margin-top: 6px; }
.grid { stroke: var(--line); }
.tick { fill: var(--faint); font-size: 11px; font-variant-numeric: tabular-nums; }
.line { fill: none; stroke: var(--c); stroke-width: 1.8; stroke-linejoin: round; }
.raw { fill: none; stroke: var(--c); stroke-width: 1; opacity: 0.28; }
.dot { fill: var(--c); }
${[0, 1, 2, 3, 4, 5].map((i) => `.c${i} { --c: var(--c${i}); }`).join(" ")}
.pictures { display: flex; flex-wrap: wrap; gap: 16px; align-items: flex-start; }
.pictures figcaption { margin-top: 8px; color: var(--faint); font-size: 13px; }
.pictures img { display: block; max-width: min(520px, 80vw); image-rendering: pixelated; border-radius: 4px;
  background: repeating-conic-gradient(#d4d4d4 0 25%, #fafafa 0 50%) 0 0 / 16px 16px; }
ul.notices { margin: 0; padding-left: 20px; }
details { margin-top: 28px; } summary { cursor: pointer; font-weight: 600; }
pre { overflow-x: auto; padding: 14px 16px; background: var(--card); border: 1px solid var(--line); border-radius: 10px; font-size: 13px; }
`;
