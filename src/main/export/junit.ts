/** Outcomes of expectations as JUnit XML, which every CI server reads: one test case an expectation. */
import type { Outcome } from '../../shared/session/expectations';
import { escapeHtml } from './escape';

/** `seconds` is what the workload took. */
export function junitXml(suite: string, outcomes: readonly Outcome[], seconds: number): string {
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
