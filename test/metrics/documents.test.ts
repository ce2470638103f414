import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { supervisorMetrics } from '../../src/workers/supervisorMetrics.ts';
import { allMetrics } from './allMetrics.ts';
import { metricsIn, type Used } from './promQl.ts';

const OPS = new URL('../../docs/ops/', import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, OPS), 'utf8');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook: string };
}
interface Panel {
  readonly type: string;
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}
const rules = (parse(read('alerts.yml')) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(read('dashboard.json')) as {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly definition?: string }[] };
};

const OF_SUPERVISOR = supervisorMetrics(Object.assign([], { ends: { fault: 0, replaced: 0 } }));

/** The labels of each series that is exposed, by its name. */
const exposed = new Map(
  [...allMetrics(), ...OF_SUPERVISOR].flatMap(({ name, type, labels }) => {
    if (type !== 'histogram') return [[name, labels] as const];
    const more = [`${name}_sum`, `${name}_count`].map((series) => [series, labels] as const);
    return [[`${name}_bucket`, [...labels, 'le']] as const, ...more];
  }),
);

/** Labels that Prometheus adds. */
const OF_PROMETHEUS = ['job', 'instance'];

function unknownIn(used: readonly Used[]): string[] {
  return used.flatMap(({ name, labels }) => {
    if (name === 'up') return [];
    const known = exposed.get(name);
    if (known === undefined) return [name];
    return labels
      .filter((label) => !known.includes(label) && !OF_PROMETHEUS.includes(label))
      .map((label) => `${name}.${label}`);
  });
}

it('the document has a row for each metric: its name, type, labels and meaning [ops-metrics-documented]', () => {
  const rows = read('README.md')
    .split('\n')
    .filter((line) => /^\| `[a-z_]+`/.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()));
  expect(rows.map(([, name, type, labels, meaning]) => [name, type, labels, meaning])).toEqual(
    allMetrics().map(({ name, type, labels, help }) => [
      `\`${name}\``,
      type,
      labels.map((label) => `\`${label}\``).join(' '),
      help,
    ]),
  );
});

it('metrics are named after the conventions of Prometheus [ops-metrics-documented]', () => {
  for (const { name, type, help } of allMetrics()) {
    expect(name).toMatch(/^(metamcp|process|nodejs)_[a-z_]+[a-z]$/);
    expect(name.endsWith('_total'), name).toBe(type === 'counter');
    if (type === 'histogram') expect(name).toMatch(/_seconds$/);
    expect(help).toMatch(/[a-z0-9)]\.$/);
  }
});

it('each panel of the dashboard shows series that there are [ops-metrics-documented]', () => {
  const shown = dashboard.panels.filter(({ type }) => type !== 'row');
  expect(shown.length).toBeGreaterThan(15);
  for (const { title, targets = [] } of shown) {
    const used = targets.flatMap(({ expr }) => metricsIn(expr));
    expect(used.length, title).toBeGreaterThan(0);
    expect(unknownIn(used), title).toEqual([]);
  }
  const variables = dashboard.templating.list.flatMap(({ definition = '' }) => /\((\w+)/.exec(definition)?.[1] ?? []);
  expect(variables.filter((name) => !exposed.has(name))).toEqual([]);
});

it('each alert asks for series that there are, and tells what to do [ops-metrics-documented]', () => {
  expect(rules.length).toBeGreaterThan(10);
  for (const { alert, expr, labels, annotations } of rules) {
    const used = metricsIn(expr);
    expect(used.length, alert).toBeGreaterThan(0);
    expect(unknownIn(used), alert).toEqual([]);
    expect(['info', 'warning', 'critical']).toContain(labels.severity);
    expect(annotations.summary, alert).toMatch(/\.$/);
    expect(annotations.runbook, alert).toMatch(/^[A-Z`].{30,}\.$/);
  }
});

it('what an expression uses is found in it [ops-metrics-documented]', () => {
  const expression =
    'histogram_quantile(0.9, sum by (le) (rate(a_bucket{x="y{", z!~"b"}[5m]))) > c offset 5m and on (job) up == 0';
  expect(metricsIn(expression)).toEqual([
    { name: 'a_bucket', labels: ['x', 'z'] },
    { name: 'c', labels: [] },
    { name: 'up', labels: [] },
  ]);
});
