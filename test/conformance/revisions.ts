import { expect } from 'vitest';
import { runScenario, type ConformanceReport } from '../support/conformance.ts';

/** The revisions, with the number of scenarios and checks that a complete server passes: of 2026-07-28 with those of the extension tasks. */
export const REVISIONS = [
  { revision: '2025-11-25', scenarios: 33, checks: 84 },
  { revision: '2026-07-28', scenarios: 50, checks: 196 },
] as const;

/** The scenarios of the extension skills (SEP-2640), with the number of checks. */
export const SKILLS = [
  { scenario: 'sep-2640-skills-directory', checks: 7 },
  { scenario: 'sep-2640-skills-enumeration', checks: 32 },
  { scenario: 'sep-2640-skills-manifest', checks: 6 },
] as const;

/** Asserts that nothing failed and nothing was skipped. */
export function expectComplete(report: ConformanceReport, expected: { scenarios: number; checks: number }): void {
  const scored = [...report.scenarios];
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

/** Asserts that a server serves skills as the suite asks for. */
export async function expectSkills(url: string): Promise<void> {
  for (const { scenario, checks } of SKILLS) expectComplete(await runScenario(url, scenario), { scenarios: 1, checks });
}
