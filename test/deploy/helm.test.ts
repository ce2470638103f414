import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { readSettings } from '../../src/settings/settings.ts';
import { SECRET_SETTINGS, SETTINGS } from '../../src/settings/variables.ts';
import { ROOT } from './composeFile.ts';

const CHART = fileURLToPath(new URL('deploy/helm/metamcp', ROOT));
const read = (name: string) => readFileSync(join(CHART, name), 'utf8');
const values = parse(read('values.yaml')) as Record<string, unknown> & { settings: Record<string, unknown> };
const schema = JSON.parse(read('values.schema.json')) as { properties: Record<string, { properties?: object }> };
const templates = readdirSync(join(CHART, 'templates')).map((name) => read(`templates/${name}`));
/** What the chart sets itself, and what an image has no use for. */
const OF_THE_CHART = [
  'SERVER_HOST',
  'SERVER_PORT',
  'SERVER_PEER_URL',
  'SERVER_ALLOWED_HOSTS',
  'METRICS_HOST',
  'METRICS_PORT',
];
/** TLS ends at the Ingress: what asks for the gateway's health, and the other gateways, speak HTTP. */
const OF_A_MACHINE = ['METAMCP_HOME', 'METAMCP_CONFIG', 'TLS_CERT_FILE', 'TLS_KEY_FILE', 'TLS_HTTP2'];
const hasHelm = (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'helm')));

interface Resource {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly containers: readonly [{ readonly env: readonly { readonly name: string; readonly value?: string }[] }];
      };
    };
  };
  readonly data: Readonly<Record<string, string>>;
}

/** Renders the chart. @throws Error with what Helm says against it */
function render(...set: string[]): Resource[] {
  const args = ['template', 'metamcp', CHART, ...set.flatMap((each) => ['--set', each])];
  const text = execFileSync('helm', args, { encoding: 'utf8', stdio: 'pipe' });
  return parseAllDocuments(text).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as Resource;
  });
}

const EVERYTHING = [
  'existingSecret=metamcp',
  'metrics.enabled=true',
  'metrics.serviceMonitor.enabled=true',
  'autoscaling.enabled=true',
  'networkPolicy.enabled=true',
  'networkPolicy.from[0].namespaceSelector.matchLabels.team=a',
  'networkPolicy.egress[0].to[0].ipBlock.cidr=10.0.0.0/8',
  'ingress.enabled=true',
  'ingress.hosts={mcp.example.com}',
  'ingress.tlsSecret=tls',
  'settings.SERVER_STOP_DELAY_SECONDS=20',
  'settings.SERVER_STOP_BOUND_SECONDS=300',
];

describe('the Helm chart', () => {
  test('has values that its schema takes, and refuses what is misspelt or no setting [ops-helm]', () => {
    const accepts = new Ajv({ allowUnionTypes: true }).compile(schema);
    expect([accepts(values), accepts.errors]).toEqual([true, null]);
    for (const wrong of [
      { replicas: 3 },
      { settings: { SERVER_STOP_DELAY: 1 } },
      { settings: { JWT_SECRET: 'in clear' } },
      { ingress: { enabled: true, hosts: [] } },
    ]) {
      expect.soft(accepts({ ...values, ...wrong }), JSON.stringify(wrong)).toBe(false);
    }
  });

  test('takes every setting that is no secret [ops-helm]', () => {
    const secrets: readonly string[] = SECRET_SETTINGS;
    const without = [...secrets, ...OF_THE_CHART, ...OF_A_MACHINE];
    const settings = Object.keys(SETTINGS).filter((name) => !without.includes(name));
    expect(Object.keys(schema.properties['settings']!.properties!).sort()).toEqual(settings.sort());
  });

  test('uses values that are in values.yaml, and all of them', () => {
    const used = new Set(templates.flatMap((text) => [...text.matchAll(/\.Values\.(\w+)/g)].map(([, name]) => name)));
    expect([...used].sort()).toEqual(Object.keys(values).sort());
  });

  test('tells whoever has an Ingress to name it in TRUSTED_PROXIES, once [ops-helm]', () => {
    const condition = '{{- if and .Values.ingress.enabled (not .Values.settings.TRUSTED_PROXIES) }}';
    const [before, told] = read('templates/NOTES.txt').split(condition);
    expect(before).not.toContain('TRUSTED_PROXIES');
    expect(told).toMatch(/^\s+Set settings\.TRUSTED_PROXIES .*\{\{- end \}\}\s*$/s);
  });

  describe.skipIf(!hasHelm)('rendered', () => {
    test('is faultless for Helm itself [ops-helm]', () => {
      const lint = ['lint', '--strict', CHART, '--set', 'existingSecret=metamcp'];
      expect(execFileSync('helm', lint, { encoding: 'utf8', stdio: 'pipe' })).toContain('0 chart(s) failed');
    });

    test('wants a Secret', () => {
      expect(() => render()).toThrow(/existingSecret is required/);
    });

    test('has what is asked for, and no more', () => {
      const kinds = (resources: Resource[]) => resources.map(({ kind }) => kind).sort();
      const few = ['ConfigMap', 'Deployment', 'PodDisruptionBudget', 'Service', 'ServiceAccount'];
      expect(kinds(render('existingSecret=metamcp'))).toEqual(few);
      const more = ['HorizontalPodAutoscaler', 'Ingress', 'NetworkPolicy', 'Service', 'ServiceMonitor'];
      expect(kinds(render(...EVERYTHING))).toEqual([...few, ...more].sort());
    });

    test.each([[['existingSecret=metamcp']], [EVERYTHING]])(
      'gives the gateway settings that it accepts, and time to stop: %j [ops-helm]',
      (set) => {
        const resources = render(...set);
        const { data } = resources.find(({ kind }) => kind === 'ConfigMap')!;
        const pod = resources.find(({ kind }) => kind === 'Deployment')!.spec.template.spec;
        const own = pod.containers[0].env.flatMap(({ name, value }) => {
          return value === undefined ? [] : [[name, value.replace('$(POD_IP)', '10.1.2.3')]];
        });
        const env = { ...data, ...(Object.fromEntries(own) as Record<string, string>) };
        for (const name of Object.keys(env)) expect.soft(Object.keys(SETTINGS), name).toContain(name);
        const settings = readSettings({ env, cwd: '/nowhere' });
        expect(settings.allowedHosts).toContain('metamcp.default.svc.cluster.local');
        // And 10 s for programs of servers, twice 5 s.
        expect(pod.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(
          settings.stop.delayMs + settings.stop.drainMs + 10_000,
        );
        expect(pod).toMatchObject({
          automountServiceAccountToken: false,
          securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
          containers: [
            {
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ['ALL'] },
              },
              livenessProbe: { httpGet: { path: '/health/live' } },
              readinessProbe: { httpGet: { path: '/health/ready' } },
            },
          ],
        });
      },
    );
  });
});
