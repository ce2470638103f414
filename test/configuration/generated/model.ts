import fc from 'fast-check';

/** Values of this machine that files refer to. */
export const VARIABLES: Readonly<Record<string, string>> = {
  GEN_TOKEN: 'hush-token $VALUE ${not a reference} <x> 100%',
  GEN_KEY: 'hush-key',
  GEN_HOST: 'host.example',
};
export const FILES: Readonly<Record<string, string>> = { 'gen.token': 'hush-from-file' };

/** What a header of a file comes to: a value, none, or a refusal of its server. */
type Outcome = { readonly value: string } | 'absent' | 'refused';

export interface GeneratedHeader {
  readonly name: string;
  /** What stands in the file; `bare`: without quotes. */
  readonly text: string | null;
  readonly bare: boolean;
  readonly outcome: Outcome;
}

export interface GeneratedServer {
  readonly name: string;
  readonly path: string;
  readonly headers: readonly GeneratedHeader[];
  readonly toggle: Toggle;
  readonly noise: Readonly<Record<string, unknown>>;
  /** Undefined for a server with a URL; else `headers` are its variables. */
  readonly local: GeneratedCommand | undefined;
}

/** What starts a server: as a file has it, and what it comes to. */
export interface GeneratedCommand {
  readonly written: { readonly command: string; readonly args: readonly string[] };
  readonly words: readonly string[];
  readonly cwd: string | undefined;
}

interface Toggle {
  readonly members: Readonly<Record<string, unknown>>;
  readonly enabled: boolean | 'unclear';
}

/** Texts in which nothing stands for something else, and that look a little like it. */
const SECRETS = [
  'hush-plain',
  'hush-pa$$word',
  'hush-abc%20def%C3%A9',
  'hush-x$Y1z',
  'hush-{"a":1}',
  'hush-a<b>c',
  'hush-5$',
  'hush-100%',
  'Bearer hush-eyJhbGciOi.J9.x-_',
  'Basic aHVzaC1wYXNz',
  'hush=value; b=1',
  'hush "quoted" \\ back',
  "hush'single",
  'hush: # no comment',
  'hush,a',
  'hush-true',
  '0xhush',
  'hush {b',
  'hush-é',
];

/** Each client's way to refer to a variable, and whether all clients' readers take it. */
const REFERENCES = [
  (name: string) => `\${${name}}`,
  (name: string) => `\${env:${name}}`,
  (name: string) => `{env:${name}}`,
  (name: string) => `{{${name}}}`,
  (name: string) => `{{ ${name} }}`,
  (name: string) => `\${{ secrets.${name} }}`,
  (name: string) => `%${name}%`,
  (name: string) => `$${name}`,
  (name: string) => `$env:${name}`,
  (name: string) => `os.environ/${name}`,
];

/** What somebody meant to replace. `[…]`-like shapes, words and masks. */
export const PLACEHOLDERS = [
  '<YOUR_KEY>',
  '<your-api-key>',
  '<token>',
  'YOUR_API_KEY_HERE',
  'YOUR_API_KEY',
  'your-api-key',
  'xxx',
  'xxxxxxxxxxxx',
  'sk-xxxxxxxx',
  'ghp_xxxxxxxxxxxxxxxx',
  'sk-...',
  '****',
  '••••••••',
  'CHANGEME',
  'change-me',
  'REPLACE_ME',
  'REPLACE_WITH_YOUR_TOKEN',
  'INSERT_TOKEN_HERE',
  '{api_key}',
  '{TOKEN}',
  '[YOUR_TOKEN]',
  '$(cat ~/.token)',
  '`cat token`',
  '${command:pick}',
  '${VAR:-${OTHER}}',
  '${',
  '{{}}',
  '{{ user.token() }}',
  'op://vault/item/key',
  '${NOT_SET:-YOUR_KEY}',
  '(secret)',
  'sk-your-key-here',
];

const text = (value: string | null, outcome: Outcome) => ({ text: value, bare: false, outcome });

const headerValue: fc.Arbitrary<Omit<GeneratedHeader, 'name'>> = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...SECRETS).map((value) => text(value, { value })) },
  {
    weight: 5,
    arbitrary: fc
      .tuple(fc.constantFrom(...REFERENCES), fc.constantFrom('GEN_TOKEN', 'GEN_KEY'), fc.constantFrom('', 'Bearer '))
      .map(([write, name, scheme]) => text(scheme + write(name), { value: scheme + (VARIABLES[name] ?? '') })),
  },
  { weight: 1, arbitrary: fc.constant(text('${NOT_SET:-hush-default}', { value: 'hush-default' })) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('${file:gen.token}', '{file:gen.token}')
      .map((each) => text(each, { value: 'hush-from-file' })),
  },
  { weight: 1, arbitrary: fc.constant(text('${input:gen-key}', { value: 'hush-key' })) },
  { weight: 1, arbitrary: fc.constantFrom(null, '', '  ').map((each) => text(each, 'absent')) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(...REFERENCES), fc.constantFrom('', 'Bearer '))
      .map(([write, scheme]) => text(scheme + write('NOT_SET'), 'refused')),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(...PLACEHOLDERS), fc.constantFrom('', 'Bearer '))
      .map(([each, scheme]) => text(scheme + each, 'refused')),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom('9007199254740993', '1e400', '1.10', '-0', '12345678901234567890', 'true', 'false', '0', '1E5')
      .map((each) => ({ text: each, bare: true, outcome: { value: each } })),
  },
);

const OFF: Readonly<Record<string, unknown>>[] = [
  { disabled: true },
  { disabled: 'true' },
  { disabled: 'TRUE' },
  { disabled: 1 },
  { disabled: '1' },
  { disabled: 'yes' },
  { disable: true },
  { isDisabled: true },
  { is_disabled: 'on' },
  { enabled: false },
  { enabled: 'false' },
  { enabled: 'False' },
  { enabled: 0 },
  { enabled: '0' },
  { enabled: 'off' },
  { enabled: 'no' },
  { enable: false },
  { isActive: false },
  { is_active: 'false' },
  { active: 0 },
  { status: 'disabled' },
  { status: 'Inactive' },
  { state: 'off' },
  { disabled: true, enabled: true },
  { Disabled: true },
  { ENABLED: 'FALSE' },
  { paused: true },
];
const ON: Readonly<Record<string, unknown>>[] = [
  { disabled: false },
  { disabled: 'false' },
  { disabled: 0 },
  { enabled: true },
  { enabled: 'true' },
  { enabled: 1 },
  { isActive: true },
  { status: 'enabled' },
  { disabled: null, enabled: true },
  { enabled: '', disabled: false },
  { disable: 'no' },
];
const UNCLEAR: Readonly<Record<string, unknown>>[] = [
  { disabled: 'perhaps' },
  { enabled: 2 },
  { disabled: {} },
  { enabled: ['x'] },
  { status: 'unheard-of' },
];

const toggle: fc.Arbitrary<Toggle> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ members: {}, enabled: true }) },
  { weight: 2, arbitrary: fc.constantFrom(...ON).map((members) => ({ members, enabled: true })) },
  { weight: 3, arbitrary: fc.constantFrom(...OFF).map((members) => ({ members, enabled: false })) },
  { weight: 1, arbitrary: fc.constantFrom(...UNCLEAR).map((members) => ({ members, enabled: 'unclear' as const })) },
);

/** Members that say nothing, or nothing to us. */
const noise = fc.constantFrom<Readonly<Record<string, unknown>>>(
  {},
  { env: null },
  { args: null, env: {} },
  { command: null },
  { command: '', cwd: '' },
  { alwaysAllow: ['x'] },
  { trust: true },
  { title: null },
  { autoApprove: [] },
  { oauth: { enabled: false } },
  { timeout: 60 },
  { description: '' },
);

const npx = (...args: string[]) => ['npx', '-y', 'some-server', ...args];
const ODD = ['--flag=a b', '{"a":1}', '100%', 'ü', "it's", '"q"', '', 'a\\b', '$5', '-'];

/** As clients on Windows and elsewhere start servers. */
const COMMANDS: readonly Omit<GeneratedCommand, 'cwd'>[] = [
  { written: { command: 'npx', args: npx(...ODD).slice(1) }, words: npx(...ODD) },
  { written: { command: 'cmd', args: ['/c', ...npx()] }, words: npx() },
  { written: { command: 'cmd', args: ['/c', ...npx('--flag=a b', 'ü')] }, words: npx('--flag=a b', 'ü') },
  { written: { command: 'C:\\Program Files\\nodejs\\npx.cmd', args: npx().slice(1) }, words: npx() },
  {
    written: { command: 'C:\\Windows\\System32\\cmd.exe', args: ['/d', '/s', '/c', 'npx.cmd', '-y', 'some-server'] },
    words: npx(),
  },
  { written: { command: '/opt/my tools/server', args: [] }, words: ['/opt/my tools/server'] },
  {
    written: { command: 'docker', args: ['run', '-i', '--rm', '-e', 'API_KEY', 'img'] },
    words: ['docker', 'run', '-i', '--rm', '-e', 'API_KEY', 'img'],
  },
  { written: { command: 'sh', args: ['-c', 'exec server --all'] }, words: ['sh', '-c', 'exec server --all'] },
];

const local: fc.Arbitrary<GeneratedCommand> = fc
  .tuple(fc.constantFrom(...COMMANDS), fc.constantFrom(undefined, '/srv/tools', '/srv/ü x'))
  .map(([command, cwd]) => ({ ...command, cwd }));

const names = ['github', 'My Server', 'my-server', '@scope/tools', 'x', '007', 'Übersicht', 'a_b', 'claude.ai'];

/** A file’s servers; names may be there twice, or come to the same name here. */
export const generatedServers: fc.Arbitrary<GeneratedServer[]> = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom(...names),
    path: fc.constantFrom(
      '/mcp',
      '/sse',
      '/sse/',
      '',
      '/a%20b/mcp',
      '/mcp?team=a',
      '/mcp?team=a&x=%C3%A9',
      '/mcp/sse?x=1',
    ),
    headers: fc.uniqueArray(
      fc
        .tuple(fc.constantFrom('Authorization', 'X-API-Key', 'x-team', 'X-Odd!', 'Content-Type', 'accept'), headerValue)
        .map(([name, value]) => ({ name, ...value })),
      { selector: ({ name }) => name, maxLength: 3 },
    ),
    toggle,
    noise,
    local: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 2, arbitrary: local }),
  }),
  { selector: ({ name }) => name, minLength: 1, maxLength: 4 },
);
