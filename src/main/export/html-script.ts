/**
 * What an HTML report does: the chart is read out under the pointer, and what its legend names can be put out. The page's
 * policy admits this script alone, by its hash; it asks nothing of any network, and what it writes is text, never markup.
 */
import { createHash } from 'node:crypto';
import type { Bytes, Micros } from '../../shared/base/units';

/** The prediction within one phase, each value until the next, and where in the phase it stands. */
export interface CurveReadings {
  readonly end: Micros;
  readonly times: readonly Micros[];
  readonly values: readonly Bytes[];
  readonly names: readonly string[];
}

/** Of one chart: times in microseconds, bytes less the baseline, each span with its total and then its parts. */
export interface ChartReadings {
  /** Left, top, width and height of the plot in the picture's own units. */
  readonly plot: readonly [number, number, number, number];
  readonly end: Micros;
  readonly times: readonly Micros[];
  readonly values: readonly (Bytes | null)[];
  readonly parts: readonly (readonly [component: string, name: string])[];
  readonly spans: readonly (readonly number[])[];
  readonly curves: readonly CurveReadings[];
}

export const SCRIPT = `
const bytes = (n) => {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let i = 0;
  while (Math.abs(n) >= 1024 && i < 4) { n /= 1024; i += 1; }
  return (i === 0 ? String(Math.round(n)) : n.toPrecision(3)) + ' ' + units[i];
};
const time = (us) => us < 1e3 ? us.toFixed(0) + ' µs' : us < 1e6 ? (us / 1e3).toFixed(1) + ' ms' : us < 6e7 ? (us / 1e6).toFixed(3) + ' s' : Math.floor(us / 6e7) + ' min ' + ((us % 6e7) / 1e6).toFixed(1) + ' s';
const make = (name, kind, text) => {
  const element = document.createElement(name);
  element.className = kind;
  if (text !== undefined) element.textContent = text;
  return element;
};
const lastAt = (list, t, start) => {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (start(list[middle]) <= t) low = middle + 1; else high = middle;
  }
  return low - 1;
};
for (const svg of document.querySelectorAll('svg[data-chart]')) {
  const { plot: [left, top, width, height], end, times, values, parts, spans, curves } = JSON.parse(svg.dataset.chart);
  const cross = document.createElementNS('http://www.w3.org/2000/svg', 'line');
  cross.setAttribute('class', 'cross');
  cross.setAttribute('y1', top);
  cross.setAttribute('y2', top + height);
  const tip = make('div', 'tip');
  const row = (kind, name, value, color) => {
    const line = make('div', kind);
    const label = make('span', '', name);
    if (color) { const swatch = make('i', ''); swatch.style.background = color; label.prepend(swatch); }
    line.append(label, make('b', '', value));
    return line;
  };
  const tell = (t) => {
    const found = spans[lastAt(spans, t, (span) => span[0])];
    const span = found && t <= found[1] ? found : undefined;
    const measured = values[lastAt(times, t, (at) => at)];
    tip.replaceChildren(make('div', 'head', time(t)));
    tip.append(row('', 'measured', measured == null ? '—' : bytes(measured)));
    if (!span) return;
    const curve = curves[lastAt(curves, t, (each) => each.times[0])];
    const at = curve && t <= curve.end ? lastAt(curve.times, t, (each) => each) : -1;
    if (at >= 0) {
      tip.append(row('', 'predicted', bytes(curve.values[at])));
      tip.append(row('piece', curve.names[at], ''));
    }
    tip.append(row('', at >= 0 ? 'highest of the phase' : 'predicted', bytes(span[2])));
    for (let i = parts.length - 1; i >= 0; i -= 1)
      if (span[3 + i] > 0) tip.append(row('piece', parts[i][1], bytes(span[3 + i]), 'var(--c-' + parts[i][0] + ')'));
  };
  svg.addEventListener('pointermove', (event) => {
    const box = svg.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width * svg.viewBox.baseVal.width;
    if (x < left || x > left + width) return hide();
    cross.setAttribute('x1', x);
    cross.setAttribute('x2', x);
    svg.append(cross);
    tell((x - left) / width * end);
    svg.parentElement.append(tip);
    const at = event.clientX - box.left;
    tip.style.left = (at > box.width - 240 ? at - tip.offsetWidth - 14 : at + 14) + 'px';
    tip.style.top = '40px';
  });
  const hide = () => { cross.remove(); tip.remove(); };
  svg.addEventListener('pointerleave', hide);
}
for (const button of document.querySelectorAll('.legend button')) {
  const svg = button.closest('.card').querySelector('svg');
  button.addEventListener('click', () => {
    const isShown = button.getAttribute('aria-pressed') === 'false';
    button.setAttribute('aria-pressed', String(isShown));
    for (const part of svg.querySelectorAll(button.dataset.parts)) part.classList.toggle('off', !isShown);
  });
}
`;

/** As a content security policy names it. */
export const SCRIPT_SOURCE = `'sha256-${createHash('sha256').update(SCRIPT).digest('base64')}'`;
