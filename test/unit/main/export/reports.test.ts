import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { findFormat, type ReportRequest, textContents } from '../../../../src/main/export';
import { budgetText } from '../../../../src/main/hosts/cli/text/budget';
import { compareText } from '../../../../src/main/hosts/cli/text/comparison';
import { listText } from '../../../../src/main/hosts/cli/text/list';
import { sessionText } from '../../../../src/main/hosts/cli/text/session';
import { computeBudget } from '../../../../src/shared/budget/budget';
import { preset } from '../../../../src/shared/model/presets';
import { runDefaults } from '../../../../src/shared/model/run';
import { compareSessions } from '../../../../src/shared/session/compare';
import { documentWith, MB, series, training } from '../../../support/overlay-scenario';

function renderReport({ format, ...request }: ReportRequest & { readonly format: string }) {
  const file = findFormat('report', format).render(request);
  return { fileName: file.fileName, text: textContents(file) };
}

const HOSTILE =
  '</script><script>alert(1)</script><img src=x onerror=alert(1)>"\'&`|\u001b[31m**x**';

function input(change: Parameters<typeof documentWith>[1] = {}, leak = 0) {
  const made = training(5, leak);
  return {
    doc: documentWith({ ...made, mustMatchExactly: true }, change),
    budget: made.budget,
    series: made.series,
    curves: null,
  };
}
const one = (format: 'html' | 'md' | 'json', change: Parameters<typeof input>[0] = {}, leak = 0) =>
  renderReport({ sessions: [input(change, leak)], comparison: null, format });

/** Everything of a page but the embedded document. */
const markup = (text: string) =>
  text.replace(/<script(?: type="application\/json"[^>]*)?>[\s\S]*?<\/script>/g, '');

const hostile: Parameters<typeof input>[0] = {
  name: HOSTILE,
  warnings: [HOSTILE],
  logs: [{ t: 0, stream: 'stderr', text: HOSTILE }],
  workload: { kind: 'command', title: HOSTILE, command: [HOSTILE], cwd: null, pid: null },
  findings: [
    {
      kind: 'unexplained',
      title: HOSTILE,
      bytes: 1,
      phase: null,
      span: [0, 1],
      confidence: 'low',
      evidence: [HOSTILE],
    },
  ],
  environment: { ...input().doc.environment, workload: { [HOSTILE]: HOSTILE } },
};

describe('what a report says was run', () => {
  it('tells the steps of the bundled workload, and of another only those that were declared', () => {
    const steps = (change: Parameters<typeof input>[0]) =>
      /Steps\W+(\d+)/.exec(one('md', change).text)?.[1];
    const { doc } = input();
    const foreign = { ...doc.workload, kind: 'import' } as const;
    const undeclared = runDefaults(preset('gpt2'), { mode: 'train', framework: 'pytorch' });
    expect(steps({ workload: { ...doc.workload, kind: 'bundled' }, run: undeclared })).toBe('5');
    expect(steps({ workload: foreign, run: undeclared })).toBeUndefined();
    expect(steps({ workload: foreign, run: { ...undeclared, steps: 300 } })).toBe('300');
  });

  it('tells what the workload remarked, the first of it where that is much', () => {
    const { doc } = input();
    const remark = (text: string, t: number) =>
      ({ ...doc.markers[0]!, type: 'note', t, text }) as unknown as (typeof doc.markers)[number];
    const few = [remark('compiled modules are left <alone>\u001b', 2_000_000)];
    const many = Array.from({ length: 1007 }, (_, i) => remark(`remark ${i}`, i * 1000));
    const texts = (notes: typeof few) => {
      const change = { markers: [...doc.markers, ...notes] };
      return [
        sessionText(input(change).doc, null),
        one('md', change).text,
        one('html', change).text,
      ];
    };
    for (const text of texts(few)) {
      expect(text).toContain('Remarks of the workload');
      expect(text).toMatch(/2\.00 s: compiled modules are left (<|&lt;|\\<)alone/);
    }
    for (const text of texts(many)) {
      expect(text).toContain('ms: remark 5');
      expect(text).not.toContain('ms: remark 6');
      expect(text).toContain('and 1,001 more');
    }
    for (const text of texts([])) expect(text).not.toContain('Remarks of');
  });

  it('tells the perplexity that a run announced, in the terminal and in every report', () => {
    const { doc } = input();
    const announced = {
      ...doc.markers[0]!,
      type: 'run',
      fields: { perplexity: 26.6284, scoredTokens: 768, frequencyPerplexity: 148.93 },
    } as unknown as (typeof doc.markers)[number];
    const words = 'perplexity 26.628 over 768 tokens, 148.9 by their frequencies alone';
    const change = { markers: [...doc.markers, announced] };
    for (const text of [
      sessionText(input(change).doc, null).replace(/\s+/g, ' '),
      one('md', change).text,
      one('html', change).text,
    ])
      expect(text).toContain(words);
    expect(one('md').text).not.toContain('perplexity');
  });
});

describe('an HTML report', () => {
  it('loads nothing from anywhere and runs no script but the one its policy names', () => {
    const { text } = one('html');
    const [, script = ''] = /<script>([\s\S]*?)<\/script>/.exec(text) ?? [];
    const hash = createHash('sha256').update(script).digest('base64');
    expect(text).toContain(`script-src 'sha256-${hash}'"`);
    expect(script).not.toMatch(/fetch|XMLHttp|import|innerHTML|eval|document\.write/);
    const page = markup(text);
    expect(page).not.toMatch(/<(script|link|iframe|object|embed|img|base)\b/i);
    expect(page).not.toMatch(/\b(src|href|srcset|action|poster)\s*=/i);
    expect(page).not.toMatch(/https?:|@import|url\((?!#)|\/\/[a-z]/i);
    expect(page).not.toMatch(/\son[a-z]+\s*=/i);
    expect(page).toContain("default-src 'none'");
  });

  it('keeps hostile names as text', () => {
    const { text } = one('html', hostile);
    expect(text.match(/<script\b/g)).toHaveLength(2);
    expect(text.match(/<\/script>/g)).toHaveLength(2);
    expect(markup(text)).not.toMatch(/<img|<b>x/);
    expect(markup(text)).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;`');
  });

  it('carries its document, whole', () => {
    const { doc } = input(hostile);
    const json =
      /<script type="application\/json" id="plumbline-document">([\s\S]*?)<\/script>/.exec(
        one('html', hostile).text,
      )![1]!;
    expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(doc)));
  });

  it('tells the figures, the components and phases, and a peak on the drawn line', () => {
    const page = markup(one('html').text);
    expect(page).toContain('Measured and predicted peak agree to the byte: 471,859,200 bytes.');
    for (const word of [
      'parameters',
      'Adam m',
      'activations',
      'forward',
      'backward',
      'optimizer',
      'framework.allocated',
    ])
      expect(page).toContain(word);
    expect(page).toContain('peak 450 MiB at 560 ms');
    expect(page).toMatch(/<path class="line"[^>]* d="M[\d. ]+L/);
    expect(page.match(/class="band"/g)).toHaveLength(5);
  });

  it.each(['html', 'md'] as const)(
    'tells what is expected where no formula predicts: %s',
    (format) => {
      const { doc } = input();
      const predictedPeak = { textbook: null, refined: null, observed: 440 * MB };
      const observed = [
        { phase: 'forward', rank: 0, steps: [1, 3], certain: 40 * MB, rest: 400 * MB },
      ];
      const overlay = { ...doc.overlay, predictedPeak, residualBytes: null, residualPercent: null };
      const text = one(format, {
        overlay: { ...overlay, observed } as unknown as typeof doc.overlay,
      }).text;
      expect(text).toMatch(/Expected, observed|expected, observed/);
      expect(text).toContain(
        "Expected from the run's own first steps".replace("'", format === 'html' ? '&#39;' : "'"),
      );
      expect(text).toContain(format === 'html' ? '+10.0 MiB' : '\\+10.0 MiB');
    },
  );

  it('tells a leak as a finding, and flags in both tables', () => {
    const page = markup(one('html', {}, MB).text);
    expect(page).toContain('Memory grows by 1.00 MiB every step beyond the prediction');
    expect(page).toContain('high confidence');
    expect(page).toMatch(/class="flag"/);
  });

  it('says that a device was simulated, and says it nowhere else', () => {
    expect(markup(one('html', { simulated: true }).text)).toMatch(/class="simulated">SIMULATED</);
    expect(markup(one('html').text)).not.toContain('SIMULATED');
  });

  it('stands without a budget, without phases, without any sample', () => {
    const bare = documentWith({ durationUs: 0 });
    const page = markup(
      renderReport({
        sessions: [{ doc: bare, budget: null, series: [], curves: null }],
        comparison: null,
        format: 'html',
      }).text,
    );
    expect(page).toContain('No memory was measured and none was predicted.');
    expect(page).not.toMatch(/NaN|undefined|Infinity|null/);
    const host = [
      series('tree.rss', [
        [0, MB],
        [100, 3 * MB],
      ]),
    ];
    const line = markup(
      renderReport({
        sessions: [
          {
            doc: documentWith({ durationUs: 200_000, series: host }),
            budget: null,
            series: host,
            curves: null,
          },
        ],
        comparison: null,
        format: 'html',
      }).text,
    );
    expect(line).toContain('<path class="line"');
    expect(line).not.toMatch(/NaN|undefined|Infinity/);
  });

  it.each(['html', 'md', 'text'] as const)(
    'never calls it agreement that nothing was measured, or no phase known: %s',
    (format) => {
      const words = (change: Parameters<typeof documentWith>[0]): string => {
        const sessions = [
          { doc: documentWith(change), budget: made.budget, series: [], curves: null },
        ];
        return format === 'text'
          ? sessionText(sessions[0]!.doc, made.budget)
          : markup(renderReport({ sessions, comparison: null, format }).text);
      };
      const made = training(5);
      expect(words({ durationUs: 1e6, budget: made.budget })).toContain(
        'Nothing to compare: no memory was measured.',
      );
      const told = words({
        durationUs: 1e6,
        budget: made.budget,
        series: [
          series('tree.rss', [
            [0, 450 * MB],
            [500, 450 * MB],
          ]),
        ],
      });
      expect(told).toContain('Only the peaks could be compared');
      expect(words({ ...made, mustMatchExactly: true })).toContain('agree throughout');
    },
  );

  it('stays below 2 MB over ten thousand steps, the same bytes twice', () => {
    const made = training(10_000, 1024);
    const sessions = [
      {
        doc: documentWith({ ...made, mustMatchExactly: true }),
        budget: made.budget,
        series: made.series,
        curves: null,
      },
    ];
    const render = () => renderReport({ sessions, comparison: null, format: 'html' }).text;
    const page = render();
    expect(sessions[0]!.doc.overlay.phases.length).toBeGreaterThan(20_000);
    expect(Buffer.byteLength(page)).toBeLessThan(2_000_000);
    expect(render()).toBe(page);
    expect(markup(page)).toContain('The worst phases, one by one');
  });

  it('tells the findings before the picture, and the picture before the rest', () => {
    for (const format of ['html', 'md'] as const) {
      const page = markup(one(format, {}, MB).text);
      const order = [
        /Findings/,
        ...(format === 'html' ? [/<div class="chart"/] : []),
        /By component/,
        /By phase/,
        /How to read this|What ran/,
      ];
      const places = order.map((each) => page.search(each));
      expect(places).toEqual([...places].sort((a, b) => a - b));
      expect(places[0]).toBeGreaterThan(0);
    }
  });

  it('of several sessions draws each line and tells the verdict', () => {
    const sessions = [
      input({ name: 'before', id: 'a' }),
      input({ name: 'after', id: 'b' }, 9 * MB),
    ];
    const comparison = compareSessions(
      sessions.map(({ doc }) => doc),
      sessions.map(({ budget }) => budget),
    );
    const report = renderReport({ sessions, comparison, format: 'html' });
    expect(report.fileName).toBe('plumbline-comparison-a-b.html');
    const chart = markup(report.text)
      .split('Measured lines, each from its start')[1]!
      .split('</svg>')[0]!;
    expect(chart.match(/class="line"/g)).toHaveLength(2);
    // Told apart without their colours, too.
    expect(chart).toMatch(/stroke-dasharray:7 3/);
    for (const label of ['A: 450 MiB', 'B: 486 MiB']) expect(chart).toContain(label);
    expect(markup(report.text)).toContain('more than “before” (450 MiB)');
  });
});

describe('other formats', () => {
  it('are named after the session, whatever it is called', () => {
    expect(one('md', { name: '../../Étude: LoRA/é' }).fileName).toBe(
      'plumbline-e-tude-lora-e-20260701-120000-abcd.md',
    );
    expect(one('json', { name: '///' }).fileName).toBe('plumbline-20260701-120000-abcd.json');
  });

  it('in Markdown keep hostile names out of markup and tables whole', () => {
    const { text } = one('md', hostile);
    expect(text).not.toMatch(/(^|[^\\])<(script|img)/);
    const rows = text.split('\n').filter((row) => row.startsWith('|'));
    const columns = (row: string) => row.split(/(?<!\\)\|/).length;
    const tables = text.split('\n\n').filter((block) => block.startsWith('|'));
    expect(rows.length).toBeGreaterThan(12);
    for (const block of tables) expect(new Set(block.split('\n').map(columns)).size).toBe(1);
  });

  it('in JSON are the document itself', () => {
    const { doc } = input();
    expect(JSON.parse(one('json').text)).toEqual(JSON.parse(JSON.stringify(doc)));
  });

  it('in CSV are the figures as numbers, one row a phase, and no cell is a formula', () => {
    const { doc } = input();
    const request = { sessions: [input({ id: '=1+1' })], comparison: null, format: 'csv' };
    const [head = '', ...rows] = renderReport(request).text.trim().split('\n');
    const column = head.split(',').indexOf('measured_bytes');
    const phases = rows.map((row) => row.split(',')).filter(([, row]) => row === 'phase');
    expect(phases.map((row) => Number(row[column]))).toEqual(
      doc.overlay.phases.map(({ measured }) => measured),
    );
    for (const row of rows) expect(row).toMatch(/^'=1/);
    const other = input({ id: 'b' }, 9 * MB);
    const comparison = compareSessions([doc, other.doc], [null, null]);
    const compared = renderReport({ sessions: [input(), other], comparison, format: 'csv' }).text;
    expect(compared).toMatch(/^overall,peak,bytes,false,0,471859200,509607936,37748736$/m);
  });

  it('nobody knows are refused with those there are', () => {
    expect(() => one('docx' as 'md')).toThrow(
      expect.objectContaining({
        code: 'bad_input',
        remedy: expect.stringContaining('html, md, json'),
      }),
    );
  });
});

describe('text for the terminal', () => {
  const nano = preset('gpt2-nano');
  const budget = computeBudget(nano, runDefaults(nano, { mode: 'train' }));
  const lines = (text: string) => text.split('\n');

  it('fits 100 columns and holds no control character', () => {
    const { doc, budget: own } = input(hostile, MB);
    const other = input({ name: 'x'.repeat(200) }, 2 * MB);
    const comparison = compareSessions([doc, other.doc], [own, other.budget]);
    for (const text of [
      sessionText({ ...doc, name: 'y'.repeat(90) }, own),
      sessionText(input().doc, own),
      budgetText(budget),
      compareText(comparison),
      listText([]),
    ]) {
      for (const line of lines(text)) expect(line.length, line).toBeLessThanOrEqual(100);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is what is tested.
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
      expect(text).not.toMatch(/NaN|undefined|Infinity/);
    }
  });

  it('tells phases and components, predicted beside measured, and the findings', () => {
    const { doc, budget: own } = input({}, MB);
    const text = sessionText(doc, own);
    expect(text).toMatch(/backward +5 +500 ms +450 MiB +450 MiB +454 MiB +\+4\.00 MiB +4 of 5/);
    expect(text).toMatch(/activations +50\.0 MiB +50\.0 MiB +50\.0 MiB +0 B/);
    expect(text).toContain('By component, in backward, where memory peaked');
    expect(text).toMatch(/total +450 MiB +450 MiB +454 MiB +\+4\.00 MiB/);
    expect(text).toMatch(/• Memory grows by 1\.00 MiB every step/);
  });

  it('lists sessions in aligned columns and says what to do where there is none', () => {
    const summary = {
      id: 'a1',
      name: 'run',
      status: 'complete' as const,
      startedAt: '2026-07-01T12:00:00Z',
      durationUs: 1e6,
      model: 'gpt2',
      mode: 'train',
      measuredPeak: 450 * MB,
      predictedPeak: 440 * MB,
      residualPercent: 2.27,
      simulated: true,
    };
    expect(listText([summary])).toMatch(
      /a1 +\[simulated\] run +complete +1\.00 s +450 MiB +440 MiB +\+2\.3%/,
    );
    expect(listText([])).toContain('plumbline record');
    const long = listText([
      summary,
      {
        ...summary,
        id: '20260701-120000-abcd',
        name: HOSTILE.repeat(3),
        status: 'interrupted',
        residualPercent: null,
      },
    ]).split('\n');
    for (const line of long) expect(line.length, line).toBeLessThanOrEqual(100);
    expect(long).toHaveLength(4);
  });
});
