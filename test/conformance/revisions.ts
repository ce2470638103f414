import { expect } from 'vitest';
import type { ConformanceReport } from '../support/conformance.ts';

/** The revisions that the suite scores, with the number of scenarios and checks that a complete server passes. */
export const REVISIONS = [
  { revision: '2025-11-25', scenarios: 33, checks: 84 },
  { revision: '2026-07-28', scenarios: 40, checks: 152 },
] as const;

/** Asserts that nothing failed and nothing was skipped. The `tasks-` scenarios are an extension that we do not offer. */
export function expectComplete(report: ConformanceReport, expected: { scenarios: number; checks: number }): void {
  const scored = [...report.scenarios].filter(([scenario]) => !scenario.startsWith('tasks-'));
  expect(scored.flatMap(([scenario, { findings }]) => findings.map((finding) => `${scenario}: ${finding}`))).toEqual(
    [],
  );
  expect(scored).toHaveLength(expected.scenarios);
  expect(
    scored.reduce((sum, [, { passed }]) => sum + passed, 0),
    report.output,
  ).toBe(expected.checks);
  expect(report.exitCode, report.output).toBe(0);
}
