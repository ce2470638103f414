import type { Command } from 'commander';

/** Ends the help of each command with its examples. */
export function addExamples(root: Command): void {
  for (const command of root.commands) addTo(command, command.name());
}

function addTo(command: Command, path: string): void {
  const examples = EXAMPLES[path];
  if (examples !== undefined) {
    const title = examples.length === 1 ? 'Example:' : 'Examples:';
    command.addHelpText('after', `\n${[title, ...examples.map((example) => `  ${example}`)].join('\n')}`);
  }
  for (const each of command.commands) addTo(each, `${path} ${each.name()}`);
}

/**
 * Command lines for each command's help, by the command's path. A test parses every one, and finds commands without any.
 * Values are of example.com and the like; no secret stands on a command line.
 */
export const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  keys: ['metamcp-cli keys create --name laptop', 'metamcp-cli keys list'],
  'keys list': [
    'metamcp-cli keys list --include-inactive --json',
    'metamcp-cli keys list --tag team=search --owner alice@example.org',
    "metamcp-cli keys list --unused-since '90d ago' --sort last-used --limit 20",
  ],
  'keys create': [
    'metamcp-cli keys create --name laptop',
    "metamcp-cli keys create --name ci --grant 'github:search_*' --grant jira --expires-in 90d",
    'metamcp-cli keys create --name search-ci --tag team=search --tag env=prod --owner alice@example.org',
    'metamcp-cli keys create --name ann --role engineering',
    'metamcp-cli keys create --name auditor --scope audit:read,keys:read --json',
  ],
  'keys show': ['metamcp-cli keys show 019a2b3c'],
  'keys inactivate': [
    'metamcp-cli keys inactivate 019a2b3c --reason "laptop lost"',
    'metamcp-cli keys inactivate laptop phone',
    'metamcp-cli keys inactivate --tag team=search --dry-run',
    'metamcp-cli keys inactivate --tag team=search --confirm --reason "team dissolved"',
  ],
  'keys activate': [
    'metamcp-cli keys activate 019a2b3c --reason "laptop found"',
    'metamcp-cli keys activate --tag team=search --status inactive --confirm',
  ],
  'keys access': [
    'metamcp-cli keys access 019a2b3c --grant github,jira --scope mcp',
    'metamcp-cli keys access 019a2b3c --add-role engineering --remove-role guests',
    'metamcp-cli keys access 019a2b3c --never-expires',
    'metamcp-cli keys access --tag team=search --add-grant jira --remove-grant oldjira --dry-run',
    'metamcp-cli keys access --all --add-grant wiki --confirm --expect 503',
  ],
  'keys label': [
    'metamcp-cli keys label 019a2b3c --tag team=search --owner alice@example.org',
    'metamcp-cli keys label 019a2b3c --remove-tag team --no-owner',
    'metamcp-cli keys label --with-owner alice@example.org --owner bob@example.org --confirm',
  ],
  'keys rotate': [
    'metamcp-cli keys rotate 019a2b3c --grace 24h',
    'metamcp-cli keys rotate --tag team=search --grace 24h --confirm --json',
  ],
  'keys report-leak': [
    'git log -p --all | metamcp-cli keys report-leak --where https://git.example.com/team/app',
    'metamcp-cli keys report-leak --file ci.log --dry-run',
  ],
  'keys delete': [
    'metamcp-cli keys delete 019a2b3c --dry-run',
    'metamcp-cli keys delete 019a2b3c --confirm --reason "project over"',
    "metamcp-cli keys delete --unused-since '365d ago' --confirm --expect 12",
  ],
  'keys verify': [
    'metamcp-cli keys verify',
    'metamcp-cli keys verify --file ~/.config/metamcp.key',
    'printenv METAMCP_KEY | metamcp-cli keys verify --offline',
  ],
  roles: [
    "metamcp-cli roles create engineering --grant 'github,jira:search_*'",
    'metamcp-cli roles access engineering --add-grant wiki',
  ],
  'roles list': ['metamcp-cli roles list'],
  'roles create': [
    "metamcp-cli roles create engineering --grant 'github,jira:search_*'",
    'metamcp-cli roles create auditor --scope audit:read,keys:read --grant github',
  ],
  'roles show': ['metamcp-cli roles show engineering'],
  'roles access': [
    'metamcp-cli roles access engineering --add-grant wiki --reason "the new wiki"',
    'metamcp-cli roles access engineering --remove-grant jira:search_* --dry-run',
  ],
  'roles delete': [
    'metamcp-cli roles delete engineering --dry-run',
    'metamcp-cli roles delete engineering --confirm --reason "teams are merged"',
  ],
  servers: ['metamcp-cli servers add github --url https://mcp.example.com/mcp', 'metamcp-cli servers test github'],
  'servers list': ['metamcp-cli servers list', 'metamcp-cli servers list --json'],
  'servers add': [
    'metamcp-cli servers add github --url https://mcp.example.com/mcp',
    "metamcp-cli servers add github --url https://mcp.example.com/mcp --header 'Authorization: @token.txt'",
    "pass show github | metamcp-cli servers add github --url https://mcp.example.com/mcp --header 'Authorization: @-'",
    'metamcp-cli servers add old --url https://old.example.com/sse --transport sse',
    'metamcp-cli servers add files -- npx -y @modelcontextprotocol/server-filesystem /srv/files',
    'metamcp-cli servers add search --env API_KEY=@key.txt --cwd /srv/search -- node dist/server.js',
  ],
  'servers show': ['metamcp-cli servers show github'],
  'servers update': [
    'metamcp-cli servers update github --title "GitHub" --total-timeout 10m',
    "metamcp-cli servers update github --header 'Authorization: @token.txt' --remove-header X-Old",
    'metamcp-cli servers update search --env API_KEY=@- -- node dist/server.js --verbose',
  ],
  'servers enable': ['metamcp-cli servers enable github'],
  'servers approve': ['metamcp-cli servers approve github --dry-run', 'metamcp-cli servers approve github search_code'],
  'servers credential': [
    "metamcp-cli servers credential github --key 0190 --header 'Authorization: @token.txt'",
    'metamcp-cli servers credential search --key 0190 --env API_KEY=@-',
    'metamcp-cli servers credential github --key 0190 --unset Authorization --dry-run',
  ],
  'servers disable': ['metamcp-cli servers disable github --reason "maintenance"'],
  'servers remove': ['metamcp-cli servers remove github --confirm'],
  'servers test': ['metamcp-cli servers test github', 'metamcp-cli servers test github --timeout 5s --json'],
  'servers restart': ['metamcp-cli servers restart files'],
  'servers logs': ['metamcp-cli servers logs files', 'metamcp-cli servers logs files --follow'],
  'servers import': [
    'metamcp-cli servers import ~/.cursor/mcp.json --dry-run',
    'metamcp-cli servers import .vscode/mcp.json --only github',
    'cat mcp.json | metamcp-cli servers import - --skip-refused',
    'metamcp-cli servers import --registry server.json --use npm --dry-run',
  ],
  'servers export': [
    'metamcp-cli servers export > metamcp.yaml',
    'metamcp-cli servers export --format vscode > .vscode/mcp.json',
  ],
  tools: ['metamcp-cli tools list', 'metamcp-cli tools call github search_code query=gateway'],
  'tools list': ['metamcp-cli tools list', 'metamcp-cli tools list github --json'],
  'tools call': [
    'metamcp-cli tools call github search_code query=gateway limit=5',
    'metamcp-cli tools call github__create_issue title=Broken \'labels:=["bug"]\'',
    'metamcp-cli tools call github search_code query=gateway filter.language=go filter.labels=bug body=@notes.md',
    'echo \'{"path":"README.md"}\' | metamcp-cli tools call files read_file --arguments - --json',
  ],
  apply: [
    'metamcp-cli apply -f metamcp.yaml --dry-run',
    'metamcp-cli apply -f metamcp.yaml --prune --yes --secrets-out new-keys.jsonl --reason "release 7"',
    'metamcp-cli apply --schema > metamcp.schema.json',
  ],
  diff: ['metamcp-cli diff -f metamcp.yaml', 'metamcp-cli diff -f metamcp.yaml --prune --json'],
  audit: ['metamcp-cli audit tail', 'metamcp-cli audit verify'],
  'audit keys': ['metamcp-cli audit keys 019a2b3c'],
  'audit tail': [
    'metamcp-cli audit tail -n 50',
    'metamcp-cli audit tail --follow --type ApiKeyCreated --type ApiKeyDeleted',
    'metamcp-cli audit tail --subject github',
  ],
  'audit at': ['metamcp-cli audit at 2026-01-31T09:00:00Z', 'metamcp-cli audit at 2h ago --key 019a2b3c'],
  'audit who-could': [
    'metamcp-cli audit who-could github/search_code',
    "metamcp-cli audit who-could github --at '30d ago'",
  ],
  'audit verify': ['metamcp-cli audit verify', 'metamcp-cli audit verify --against checkpoint.json'],
  'audit checkpoint': ['metamcp-cli audit checkpoint --out checkpoint.json'],
  'audit replay': ['metamcp-cli audit replay --into replayed'],
  db: ['metamcp-cli db status'],
  'db migrate': ['metamcp-cli db migrate'],
  'db status': ['metamcp-cli db status', 'metamcp-cli db status --json'],
  'db rebuild': ['metamcp-cli db rebuild', 'metamcp-cli db rebuild api_keys'],
  'db skip': ["metamcp-cli db skip mcpServer-github@3 --reason 'written by a script'"],
  'db copy-events': ['metamcp-cli db copy-events --from postgres --to eventstoredb'],
  vault: ['metamcp-cli vault rewrap'],
  'vault rewrap': ['metamcp-cli vault rewrap'],
  'log-level': ['metamcp-cli log-level', 'metamcp-cli log-level debug'],
  status: ['metamcp-cli status', 'metamcp-cli status --json'],
  doctor: ['metamcp-cli doctor', 'metamcp-cli doctor --skip servers --json'],
  undo: ['metamcp-cli undo', 'metamcp-cli undo 9f8e7d6c --dry-run', 'metamcp-cli undo --confirm --reason "wrong team"'],
  usage: [
    'metamcp-cli usage --last 7d --by key,day',
    'metamcp-cli usage --from 2026-01-01 --to 2026-01-31 --by server,tool --csv',
    'metamcp-cli usage --key 019a2b3c --server github',
  ],
  schema: ['metamcp-cli schema keys create', 'metamcp-cli schema > metamcp-cli.schema.json'],
  init: [
    'metamcp-cli init',
    'metamcp-cli init --yes --server github=https://mcp.example.com/mcp --key-name laptop --client claude-code',
    "pass show github | metamcp-cli init --yes --server github=https://mcp.example.com/mcp --header 'Authorization: @-'",
  ],
  connect: [
    'metamcp-cli connect cursor',
    'metamcp-cli connect vscode --write --dry-run',
    'metamcp-cli connect claude-code --write --file ~/.claude.json',
    'metamcp-cli connect claude-code --write --headers-helper --key-file ~/.config/metamcp.key',
    'metamcp-cli connect codex --write --yes --server github --url https://mcp.example.com',
  ],
  headers: ['metamcp-cli headers --url https://mcp.example.com --key-file ~/.config/metamcp.key'],
  completion: ['metamcp-cli completion bash >> ~/.bashrc'],
};
