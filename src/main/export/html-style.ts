/**
 * The style of HTML reports: light and dark by the reader's preference, and paper. No file, font or image from elsewhere.
 * Colours of data are those of the window and the terminal, the same in light and dark.
 */
import {
  COMPONENT_COLOR,
  LINE_COLORS,
  PHASE_COLOR,
  WHOLE_COLOR,
} from '../../shared/present/colors';

const variables = (
  prefix: string,
  colors: Readonly<Record<string, string>> | readonly string[],
): string =>
  Object.entries(colors)
    .map(([name, color]) => `--${prefix}-${name}:${color};`)
    .join('');
const DATA =
  variables('c', { ...COMPONENT_COLOR, whole: WHOLE_COLOR }) +
  variables('p', PHASE_COLOR) +
  variables('s', LINE_COLORS);

const LIGHT = `
--bg:#f6f7f9;--card:#fff;--ink:#171b26;--soft:#5b6475;--faint:#67707f;--rule:#e3e7ee;--grid:#171b2614;--accent:#3b5bdb;
--line:#10131c;--halo:#ffffffd9;--good:#1f7a4d;--good-bg:#e3f5eb;--warn:#9a5b00;--warn-bg:#fff3d9;--bad:#b42318;--bad-bg:#fdecea;`;

const DARK = `
--bg:#0f1218;--card:#171b23;--ink:#e8ebf1;--soft:#a2abba;--faint:#878f9e;--rule:#2a303b;--grid:#e8ebf118;--accent:#91a7ff;
--line:#fff;--halo:#0f1218cc;--good:#6ee7a8;--good-bg:#12301f;--warn:#ffcc70;--warn-bg:#3a2a08;--bad:#ff9b91;--bad-bg:#3d1714;`;

export const STYLE = `
:root{color-scheme:light;${LIGHT}${DATA}}
@media (prefers-color-scheme:dark){:root{color-scheme:dark;${DARK}}}
@page{size:A4;margin:14mm}
@media print{:root{color-scheme:light;${LIGHT}--bg:#fff}body{padding:0!important}main{max-width:none!important;zoom:.78}
.card{box-shadow:none!important;padding:14px 18px;margin-bottom:12px}details{display:none}
.card:not(:has(tr:nth-child(13))),.finding,.keys,tr,li{break-inside:avoid}.screen{display:none}th,td{padding-block:4px!important}.part{break-before:page}tr:nth-child(-n+3){break-after:avoid}tr:nth-last-child(-n+3){break-before:avoid}h1,h2,h3,.finding header,thead{break-after:avoid}
.legend{gap:2px 14px;margin-top:8px;font-size:10.5px}
.chart,.scroll{overflow:visible!important}.chart svg{min-width:0!important}
.keys{grid-template-columns:repeat(auto-fit,minmax(112px,1fr))!important}.keys div{padding:12px 14px!important}.keys dd{font-size:19px!important}.keys .sub{white-space:normal}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
*{box-sizing:border-box}
body{margin:0;padding:40px 24px 64px;background:var(--bg);color:var(--ink);font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;-webkit-font-smoothing:antialiased}
main{max-width:1128px;margin:0 auto}
.brand{display:flex;align-items:center;gap:8px;color:var(--soft);font-size:13px;font-weight:600;letter-spacing:.02em}
.brand svg{width:18px;height:18px;display:block}
h1{font-size:30px;line-height:1.2;letter-spacing:-.02em;font-weight:680;margin:14px 0 8px;overflow-wrap:anywhere}
h2{font-size:17px;letter-spacing:-.01em;font-weight:640;margin:0 0 12px}
h3{font-size:15px;margin:0;font-weight:620}
.meta{color:var(--soft);font-size:13.5px;margin:0;overflow-wrap:anywhere}.meta span:not(.chip)+span::before{content:"·";margin:0 8px;color:var(--faint)}
.chip{display:inline-block;padding:1px 9px;border-radius:99px;font-size:12px;font-weight:600;line-height:20px;background:var(--rule);color:var(--soft);vertical-align:2px}
.chip.good{background:var(--good-bg);color:var(--good)}.chip.warn{background:var(--warn-bg);color:var(--warn)}.chip.bad{background:var(--bad-bg);color:var(--bad)}
.simulated{display:inline-block;margin-left:12px;padding:3px 10px;border-radius:6px;background:var(--warn);color:var(--card);font-size:12px;font-weight:750;letter-spacing:.08em;vertical-align:6px}
.headline{text-wrap:pretty;font-size:19px;line-height:1.45;letter-spacing:-.01em;margin:22px 0 20px;max-width:62em}
.exact{color:var(--soft);margin:-12px 0 20px}
.card{background:var(--card);border:1px solid var(--rule);border-radius:12px;padding:20px 22px;margin:0 0 16px;box-shadow:0 1px 2px #0000000a}
.keys{display:grid;grid-template-columns:repeat(auto-fit,minmax(168px,1fr));padding:0;overflow:hidden}
.keys div{padding:16px 20px;border-right:1px solid var(--rule)}.keys div:last-child{border-right:0}
.keys dt,.keys .sub{color:var(--soft);font-size:12.5px}.keys dd{margin:2px 0 0;font-size:23px;font-weight:640;letter-spacing:-.02em;font-variant-numeric:tabular-nums;white-space:nowrap}
.keys .sub{font-size:12px;font-weight:400;letter-spacing:0;display:block;color:var(--faint)}
dl{margin:0}dd{margin:0}
svg{display:block;width:100%;height:auto}
.chart{overflow-x:auto}.chart svg{min-width:680px}
svg text{font:11.5px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;fill:var(--soft);font-variant-numeric:tabular-nums}
.grid{stroke:var(--grid)}.axis{stroke:var(--faint)}.band{opacity:.82}.fade{stop-color:var(--card)}
.curve,.ceiling{fill:none;stroke:var(--soft);stroke-width:1.25;stroke-linejoin:bevel}.ceiling.dashed{stroke-dasharray:4 3}
.line{fill:none;stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}.halo{fill:none;stroke:var(--halo);stroke-width:4.6;stroke-linejoin:round}
.level line{stroke:var(--ink);stroke-width:1.2}.level.capacity line{stroke:var(--bad);stroke-width:1.5;stroke-dasharray:8 3 2 3}.level.named line{stroke:var(--soft);stroke-dasharray:4 3}.beyond text,.beyond path{fill:var(--bad)}
.level.textbook line{stroke-dasharray:2 4;stroke:var(--soft)}.level.refined line{stroke-dasharray:7 4;stroke:var(--accent)}
.peak circle{stroke:var(--card);stroke-width:2}.peak rect{fill:var(--card);stroke:var(--rule)}.peak text{fill:var(--ink);font-weight:600}
text.phase-name{fill:#fff;font-weight:600;font-size:10.5px}.flag{stroke:var(--bad);stroke-width:2.4;fill:none}
.chart{position:relative}.cross{stroke:var(--ink);stroke-width:1;pointer-events:none}
.tip{position:absolute;z-index:2;padding:8px 11px;border:1px solid var(--rule);border-radius:8px;background:var(--card);box-shadow:0 6px 24px #00000026;font-size:12.5px;font-variant-numeric:tabular-nums;pointer-events:none;white-space:nowrap}
.tip div{display:flex;justify-content:space-between;gap:18px}.tip b{font-weight:600}.tip .head{margin-bottom:3px;font-weight:600}.tip .piece{color:var(--soft)}.tip .piece i{width:9px;height:9px;border-radius:3px;display:inline-block;margin-right:7px}
.legend button{display:flex;align-items:center;gap:7px;padding:0;border:0;background:none;color:inherit;font:inherit;cursor:pointer}.legend button[aria-pressed=false]{opacity:.4;text-decoration:line-through}
.off{display:none}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;margin:14px 0 0;padding:0;list-style:none;font-size:12.5px;color:var(--soft)}
.legend li{display:flex;align-items:center;gap:7px}.legend b{font-weight:600;color:var(--ink);font-variant-numeric:tabular-nums}
.legend i{width:11px;height:11px;border-radius:3px;display:inline-block}.legend i.stroke{height:0;width:18px;border-radius:0;border-top:2px solid var(--line)}
.legend i.flagged{border-top:3px solid var(--bad)}.legend i.curved{border-color:var(--soft)}.legend i.refined{border-top:2px dashed var(--accent)}.legend i.textbook{border-top:2px dotted var(--soft)}
.scroll{overflow-x:auto;margin:0 -4px}
table{border-collapse:collapse;width:100%;font-size:13.5px;font-variant-numeric:tabular-nums}
th{font-weight:560;color:var(--soft);font-size:12.5px;text-align:right;white-space:nowrap}
th,td{padding:7px 8px;border-bottom:1px solid var(--rule);vertical-align:baseline}td{text-align:right;white-space:nowrap}
th:first-child,td:first-child,th.word{text-align:left}tbody tr:last-child td{border-bottom:0}tr.total td{font-weight:640;border-top:1.5px solid var(--faint)}
td i{display:inline-block;width:10px;height:10px;border-radius:3px;margin-right:9px}td.word{text-align:left;white-space:normal;overflow-wrap:anywhere}
td.faint{color:var(--faint)}
.legend i.badge{width:20px;height:20px;border-radius:5px;color:#fff;font:700 12px/20px system-ui,sans-serif;text-align:center;font-style:normal}
td.over,td.worse{color:var(--bad)}td.under{color:var(--warn)}td.even,td.better{color:var(--good)}
.finding{padding:14px 0;border-top:1px solid var(--rule)}.finding:first-of-type{border-top:0;padding-top:0}.finding:last-child{padding-bottom:0}
.finding header{display:flex;gap:10px;align-items:baseline;flex-wrap:wrap}.finding p{margin:2px 0 6px;color:var(--soft);font-size:13px}
.finding ul,.notes{margin:0;padding-left:18px;font-size:13.5px}.finding li{overflow-wrap:anywhere}
.none{color:var(--soft);margin:0}
.pairs{display:grid;grid-template-columns:minmax(110px,max-content) 1fr;gap:5px 20px;font-size:13.5px}.pairs dt{color:var(--soft)}.pairs dd{overflow-wrap:anywhere;min-width:0}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(340px,1fr));gap:16px}.two>.card{margin:0}.two{margin-bottom:16px}
.notes{color:var(--soft)}.notes li{margin:2px 0}
details summary{cursor:pointer;color:var(--soft);font-size:13.5px;margin-top:12px}
.part{margin-top:44px}.part>h2{font-size:22px}
footer{color:var(--faint);font-size:12.5px;margin-top:26px}
`.trim();
