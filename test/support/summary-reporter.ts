/** The last line of `npm test`: how many passed, failed and were skipped, and why any was skipped. */
import type { Reporter, TestCase, TestModule } from 'vitest/node';

export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    const reasons = new Map<string, number>();
    const failedFiles = modules.filter(
      (module) =>
        module.state() === 'failed' && [...module.children.allTests('failed')].length === 0,
    );
    for (const module of modules) {
      for (const test of module.children.allTests()) this.count(test, counts, reasons);
    }
    counts.failed += failedFiles.length + errors.length;
    const why = [...reasons].map(([reason, count]) => `${count} because ${reason}`).join('; ');
    process.stdout.write(
      `\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped${why ? ` (${why})` : ''}\n`,
    );
  }

  private count(
    test: TestCase,
    counts: Record<'passed' | 'failed' | 'skipped', number>,
    reasons: Map<string, number>,
  ): void {
    const result = test.result();
    if (result.state === 'pending') return;
    counts[result.state]++;
    if (result.state !== 'skipped') return;
    // A whole group that cannot run here says why in its name.
    const reason =
      result.note ??
      /\(skipped: (.*?)\)(?: >|$)/.exec(test.fullName)?.[1] ??
      `it was not asked for or does not apply to ${process.platform}`;
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
}
