// The examples of the OpenAPI document, by the schema that they are of. One story: a key of a team calls the server `calculator`.

const TIME = '2026-11-29T12:00:00.000Z';
const LATER = '2026-11-29T12:15:00.000Z';
const KEY_ID = '0197a1b2-0000-7000-8000-000000000001';

const settings = {
  title: 'Calculator',
  transport: 'http',
  url: 'http://127.0.0.1:7001/mcp',
  isolation: 'session',
};

const newServer = { name: 'calculator', ...settings };

const server = {
  id: '6e1f7a52-3c55-5c3a-9a39-0d5c1c4a8b11',
  ...newServer,
  limits: { max_in_flight: 1_000 },
  timeouts: { connect_ms: 10_000, idle_ms: 300_000, total_ms: 600_000 },
  enabled: true,
  has_secrets: false,
  created_at: TIME,
  updated_at: TIME,
};

const key = {
  id: KEY_ID,
  name: 'team',
  status: 'active',
  scopes: ['mcp', 'servers:read'],
  grants: ['calculator:*'],
  created_at: TIME,
  created_by: 'cli:ops@host',
  updated_at: TIME,
};

const role = {
  name: 'engineering',
  scopes: ['mcp', 'servers:read'],
  grants: ['calculator'],
  keys: 40,
  created_at: TIME,
  created_by: 'cli:ops@host',
  updated_at: TIME,
};

const keyEvent = {
  revision: 0,
  type: 'ApiKeyCreated',
  at: TIME,
  actor: 'cli:ops@host',
  correlation_id: '0197a1b2-0000-7000-8000-000000000002',
  data: { name: 'team' },
};

const auditEvent = {
  position: '42',
  id: '0197a1b2-0000-7000-8000-000000000003',
  category: 'key',
  subject: KEY_ID,
  ...keyEvent,
};

const tool = {
  name: 'add',
  inputSchema: { type: 'object', properties: { a: { type: 'number' }, b: { type: 'number' } } },
};

const waitingTool = { name: 'add', digest: '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU', why: 'new' };

const processes = {
  name: 'notebook',
  status: 'running',
  processes: [{ status: 'running', since: TIME, failures: 0, pid: 4_242, shared_by: 'session', holders: 1 }],
};

const counts = {
  calls: 2,
  failed: 1,
  errors: { client: 0, timeout: 1, upstream: 0, cut: 0, answer: 0, refused: 0 },
  outcomes: { 'upstream-timeout': 1 },
  bytes_in: 312,
  bytes_out: 904,
  latency_ms: { p50: 12, p95: 40, p99: 40 },
  last_used_at: TIME,
};

/** What Swagger UI shows and prefills, and what generated documentation has: valid, and accepted as it is. */
export const EXAMPLES: Readonly<Record<string, unknown>> = {
  AllTools: { items: [{ server: 'calculator', exposed_name: 'calculator__add', tool }], left_out: [], unanswered: [] },
  Approval: { tools: ['add'], reason: 'reviewed' },
  ApprovedTools: { approved: [waitingTool] },
  AuditEventPage: { items: [auditEvent], next_cursor: 'NDI' },
  Credential: { header_names: ['Authorization'], env_names: [] },
  Credentials: {
    items: [{ key: { id: KEY_ID, name: 'team' }, header_names: ['Authorization'], env_names: [], outdated: false }],
  },
  Health: {
    status: 'up',
    version: '1.0.0',
    ready: { calls: true, changes: true },
    parts: { database: { status: 'up' } },
  },
  Key: key,
  KeyHistoryPage: { items: [keyEvent] },
  KeyPage: { items: [key] },
  LeakReport: { candidates: ['mcp_…'], url: 'https://example.com/paste' },
  LeakReportTaken: { received: 1 },
  LogLevel: { level: 'info' },
  NewCredential: { headers: { Authorization: 'Bearer of-the-team' } },
  NewServer: newServer,
  Role: role,
  RolePage: { items: [role] },
  Server: server,
  ServerHealth: {
    name: 'calculator',
    status: 'answers',
    answered_at: TIME,
    circuit: { state: 'closed' },
    waiting_for_input: 0,
    catalogue: [{ era: 'modern', read_at: TIME, outdated: false }],
  },
  ServerLog: { items: [{ number: 1, at: TIME, text: 'listening' }] },
  ServerPage: { items: [server] },
  ServerProcesses: processes,
  ServerUpdate: { ...settings, enabled: true },
  Token: { access_token: 'eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl', token_type: 'Bearer', expires_in: 900 },
  TokenRequest: { api_key: 'mcp_…' },
  ToolCall: { arguments: { a: 2, b: 3 } },
  ToolList: { items: [tool] },
  ToolResult: { content: [{ type: 'text', text: '5' }] },
  UnapprovedTools: { items: [waitingTool] },
  Usage: {
    from: TIME,
    to: LATER,
    items: [{ server: 'calculator', ...counts }],
    total: counts,
    truncated: false,
  },
};
