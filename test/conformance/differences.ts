import type { Era } from '../../src/mcp/eras.ts';

/** Checks that a client of one era can't have of a server of the other one, by scenario, and the paragraph that makes them impossible. */
export interface Difference {
  readonly paragraph: string;
  readonly checks: Readonly<Record<string, readonly string[]>>;
}

const NO_TASKS =
  'SEP-2663, Backward Compatibility: the extension tasks "is not defined under the 2025-11-25 protocol version", so a server of that revision makes none.';

const OWN_KEYS =
  'MCP 2026-07-28, basic/patterns/mrtr, InputRequests: keys are "server-assigned string identifiers", and a request of MCP 2025-11-25 has none to take over: the gateway makes them. The suite expects a key by its name, and answers under it what was never asked.';

const ONE_DECLARATION =
  'MCP 2025-11-25, basic/lifecycle, Operation: a server may use only what was negotiated at the beginning, and the revision has no error for a call that would need more. The tool ends with a result, which does not tell what was missing.';

const ONE_STREAM =
  'MCP 2026-07-28, changelog, Major changes: "Remove SSE stream resumability": a server of that revision can’t close the stream of an answer to go on with it later (SEP-1699), so the check of how it goes on is not made.';

/** By the era of the only revision that the server speaks; the client's is of the other one. */
export const DIFFERENCES: Readonly<Record<Era, readonly Difference[]>> = {
  legacy: [
    {
      paragraph: OWN_KEYS,
      checks: {
        'input-required-result-basic-elicitation': ['sep-2322-elicitation-incomplete', 'sep-2322-elicitation-complete'],
        'input-required-result-ignore-extra-params': ['sep-2322-ignore-unexpected-params'],
      },
    },
    {
      paragraph: ONE_DECLARATION,
      checks: {
        'server-stateless': ['sep-2575-server-rejects-undeclared-capability', 'sep-2575-missing-capability-http-400'],
      },
    },
    {
      paragraph: NO_TASKS,
      checks: {
        'tasks-capability-negotiation': ['tasks-extension-advertised', 'tasks-per-request-meta-opt-in'],
        'tasks-dispatch-and-envelope': [
          'tasks-server-directed-creation-no-hint',
          'tasks-result-type-complete-on-non-task-responses',
          'sep-2663-durable-create-strong-consistency',
        ],
        'tasks-lifecycle': [
          'sep-2663-result-type-task-on-create',
          'sep-2663-tasks-get-status-working',
          'sep-2663-tasks-get-status-completed',
          'sep-2663-tool-error-uses-completed-status',
          'sep-2663-tasks-get-status-failed',
          'sep-2663-cancel-ack-empty-result',
          'tasks-cancel-terminal-idempotent-ack',
        ],
        'tasks-mrtr-composition': ['sep-2663-mrtr-synchronous-before-task-creation'],
        'tasks-mrtr-input': [
          'sep-2663-tasks-get-status-input-required',
          'tasks-mrtr-tasks-update-resumes',
          'tasks-mrtr-partial-fulfillment',
        ],
        'tasks-request-headers': [
          'sep-2663-routing-headers-accepted-on-tasks-get',
          'sep-2663-server-rejects-mismatched-mcp-name-on-tasks-get',
        ],
        'tasks-request-state-removal': ['tasks-create-result-no-request-state', 'tasks-get-detailed-no-request-state'],
        'tasks-wire-fields': [
          'tasks-wire-field-renames',
          'tasks-no-early-ttl-expiry',
          'tasks-no-related-task-meta-on-inlined-result',
        ],
      },
    },
  ],
  modern: [{ paragraph: ONE_STREAM, checks: { 'server-sse-polling': ['server-sse-disconnect-resume'] } }],
};
