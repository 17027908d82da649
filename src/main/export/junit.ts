/** Outcomes of expectations as JUnit XML, which every CI server reads: one test case an expectation. */
import { escapeHtml } from './escape';
import type { ExportFormat, OutcomeReport } from './protocol';

export const junit: ExportFormat<'outcomes'> = {
  id: 'junit',
  label: 'JUnit XML',
  source: 'outcomes',
  endings: ['xml'],
  mimeType: 'application/xml',
  isText: true,
  isForPeople: false,
  render: (report) => ({ fileName: 'plumbline-expectations.xml', contents: junitXml(report) }),
};

function junitXml({ suite, outcomes, seconds }: OutcomeReport): string {
  const failures = outcomes.filter(({ met }) => !met).length;
  const cases = outcomes.map(({ expectation, met, message }) => {
    const head = `    <testcase classname="plumbline" name="${escapeHtml(expectation)}" time="0"`;
    return met
      ? `${head}/>`
      : `${head}>\n      <failure type="expectation" message="${escapeHtml(message)}"/>\n    </testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites tests="${outcomes.length}" failures="${failures}" time="${seconds.toFixed(3)}">`,
    `  <testsuite name="${escapeHtml(suite)}" tests="${outcomes.length}" failures="${failures}" errors="0" skipped="0" time="${seconds.toFixed(3)}">`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}
