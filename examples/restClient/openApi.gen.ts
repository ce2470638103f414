// Generated from /api-docs/openapi.json by test/api/contract.test.ts.
export interface paths {
    "/api/v1/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Counts calls by key, server, tool, hour or day
         * @description Scope `usage:read`. A key with this scope sees the usage of all keys and servers: its grants say which servers it may use, and do not narrow what it may count. Each call of a key at a server counts: requests, notifications and streams, which `by=tool` separates. A call that the gateway refuses counts, too, as `refused`, and `outcomes` has the code of what each failed call failed with. Answers pass unread, so a tool’s own failure counts only where it was run over REST. A gateway writes its counters down every 5 seconds. With `Accept: text/csv` the items come as CSV.
         */
        get: operations["getUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Issues a token of 15 minutes for an API key */
        post: operations["issueToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/mcp/servers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists the servers that the key may use, by name
         * @description Scope `servers:read`.
         */
        get: operations["listServers"];
        put?: never;
        /**
         * Registers a server
         * @description Scope `servers:write`; stdio servers need `servers:exec` too. The answer comes when every replica knows it.
         */
        post: operations["registerServer"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/mcp/servers/{server}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Shows a server
         * @description Scope `servers:read`.
         */
        get: operations["getServer"];
        /**
         * Replaces a server's settings
         * @description Scope `servers:write`; stdio servers need `servers:exec` too.
         */
        put: operations["updateServer"];
        post?: never;
        /**
         * Removes a server and destroys its secrets
         * @description Scope `servers:write`. Calls and streams that use it are cut.
         */
        delete: operations["removeServer"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/mcp/servers/{server}/tools": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists the tools that the server offers and the key may use
         * @description Scope `mcp`. Asks the server.
         */
        get: operations["listTools"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/mcp/servers/{server}/tools/{tool}/execute": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Runs a tool
         * @description Scope `mcp`. A failure that the tool itself reports is a result with `isError`. A client that leaves cancels the call.
         *
         *     With `Accept: application/x-ndjson` the answer is one JSON object per line, each sent at once: the tool’s progress
         *     and the server’s log messages for the call as they come, a heartbeat after 15 seconds of silence, and last the result.
         *     What fails before the first line is answered with its status, as without lines; what fails later ends the lines with
         *     a `problem`. Lines that end without a `result` or `problem` were broken off. While a client does not read, nothing
         *     more is read from the server; one that is too slow for long is cut.
         */
        post: operations["executeTool"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/mcp/servers/{server}/processes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Shows the processes of a server on stdio
         * @description Scope `servers:read`. Those of the gateway that answers; another one has its own.
         */
        get: operations["listServerProcesses"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/mcp/servers/{server}/restart": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Restarts the processes of a server on stdio
         * @description Scope `servers:write`. Those of the gateway that answers, also when they were given up; what is under way fails. A server without a process has nothing to restart, and is started when it is needed.
         */
        post: operations["restartServer"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/mcp/servers/{server}/logs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Shows what a server on stdio has printed on its standard error
         * @description Scope `events:read`, for it may tell of any client's calls. The last lines of the gateway that answers, of which 500 are kept; further ones come in the live event feed as `mcp_server_log`.
         */
        get: operations["readServerLog"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/mcp/servers/{server}/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Shows the health of a server
         * @description Scope `servers:read`. From the calls of the gateway that answers, over any transport, and from readings of its catalogue; the server is not asked.
         */
        get: operations["getServerHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/roles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists roles by name
         * @description Scope `keys:read`.
         */
        get: operations["listRoles"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/roles/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Shows a role
         * @description Scope `keys:read`. Who has it is listed by `GET /api/v1/keys?role=`.
         */
        get: operations["getRole"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/mcp/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Speaks MCP in lines, both ways at once
         * @description Scope `mcp`. One exchange without SSE: each line of the request is one JSON-RPC message for the servers, each line of the response one for the client; blank lines mean nothing, and one comes after 15 s of silence. The response begins at once, and both go on until the request ends: then what is under way is answered, and the response ends, too. The messages are those of stdio, of either era. In the legacy era the exchange is the session: begin with `initialize`; what a GET stream would bring comes by itself after `notifications/initialized`. A modern request names its revision and capabilities in `_meta`. Requests are cancelled by `notifications/cancelled`. A line that is no message is answered with an error whose `id` is null; one that is longer than a body may be (16 MiB) ends the exchange. At most 256 requests may be under way. Errors are those of `/mcp`, as JSON-RPC; a Problem is answered only where the exchange does not begin.
         */
        post: operations["streamMessages"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/log-level": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Shows the level at which the gateway logs
         * @description For metamcp-cli, which has the stores; no key opens it. That of the gateway that answers; another one has its own.
         */
        get: operations["readLogLevel"];
        /**
         * Changes the level at which the gateway logs, until it is changed again or restarted
         * @description For metamcp-cli, which has the stores; no key opens it. That of the gateway that answers; another one has its own.
         */
        put: operations["setLogLevel"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/leaked": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ends keys that were found in the open
         * @description Anyone may report. A key of this installation that stands whole in the report is inactivated on every gateway before the answer comes, and what it has open is cut. The answer does not say which of the texts were keys. The report may have either shape; in the first one, other members are passed over. Signatures of reporters are not looked at: the secret in the report is what proves it.
         */
        post: operations["reportLeaked"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists keys, the oldest first
         * @description Scope `keys:read`. Filters are combined, so that a key is listed when all of them fit.
         */
        get: operations["listKeys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Shows a key
         * @description Scope `keys:read`.
         */
        get: operations["getKey"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/keys/{id}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists what happened to a key, the oldest first
         * @description Scope `audit:read`; the grants of the key that asks do not narrow it.
         */
        get: operations["getKeyHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Tells how the gateway and its parts are
         * @description 503 when any part is down, also one without which calls are served.
         */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Tells whether the gateway should get traffic
         * @description 200 as long as it serves calls. `ready.changes` is true when it accepts changes, too.
         */
        get: operations["getReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tells that the process answers */
        get: operations["getLiveness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follows the live event feed
         * @description Scope `mcp` or `events:read`. One answer without an end of its own: an event on each line (newline-delimited JSON), or with `Accept: text/event-stream` an event stream. A key sees its own traffic, changes of itself, and what happens to servers that it may use; with `events:read` it sees everything. The traffic is that of the gateway that answers; changes of keys and servers are those of all gateways. Up to 1,000 events or 256 KiB wait for a slow reader; events beyond that are dropped, and a `gap` gives their number. A reconnect resumes nothing. The feed of a key that is revoked ends with an `error`.
         */
        get: operations["followEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follows the gateway's health, every 5 seconds
         * @description Scope `mcp` or `events:read`. One answer without an end of its own, as that of `/api/v1/events`.
         */
        get: operations["followHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/mcp/servers/{server}/credentials": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists the keys for which the server gets headers or variables of their own
         * @description Scope `keys:read`. Names only.
         */
        get: operations["listCredentials"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/mcp/servers/{server}/credentials/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Sets the headers and variables that the server gets for one key alone
         * @description Scope `servers:write`; stdio servers need `servers:exec` too, since variables can change what is run. Not for the key that asks. What the key has open with the server is cut.
         */
        put: operations["setCredential"];
        post?: never;
        /**
         * Takes from a key what the server gets for it alone
         * @description As to set it. The key then reaches the server as keys without a credential of their own do. What is left of a server that is gone is taken out by its name.
         */
        delete: operations["removeCredential"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists what happened to keys, roles and servers, the oldest first
         * @description Scope `audit:read`. A key with this scope sees the whole trail: its grants say which servers it may use, and do not narrow what it may audit. Filters are combined: an event is listed when all of them fit.
         */
        get: operations["listAuditEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/mcp/servers/{server}/unapproved": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists the tools that nobody has approved as they are now
         * @description Scope `servers:read`. What the server has shown last; it is not asked.
         */
        get: operations["listUnapprovedTools"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/mcp/servers/{server}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Approves tools as the server shows them now
         * @description Scope `servers:write`; stdio servers need `servers:exec` too. Asks the server; where it does not answer, what it has shown last counts.
         */
        post: operations["approveTools"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tools": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists the tools of all servers that the key may use
         * @description Scope `mcp`. Asks the servers, 8 at a time, for 10 seconds at most. Those that did not answer are named in
         *     `unanswered` with the reason; `items` has the tools then that the gateways remember of them.
         */
        get: operations["listAllTools"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Approval: {
            /**
             * @description Their names. Absent or empty: all.
             * @default []
             */
            tools?: string[];
            /** @description Of the tools as they were looked at (`digest` of the unapproved ones; of one tool its own): refused as `tools-changed` when the server shows others by now. */
            digest?: string;
            reason?: string;
        };
        /** @description All that the key is to have for the server. Stored encrypted and never shown. */
        NewCredential: {
            /**
             * @description Sent with each request of the key, over those of the server.
             * @default {}
             */
            headers?: {
                [key: string]: string;
            };
            /**
             * @description For stdio: over the server’s variables, in processes of the key alone.
             * @default {}
             */
            env?: {
                [key: string]: string;
            };
            reason?: string;
        };
        NewServer: {
            name: string;
            title?: string;
            description?: string;
            /**
             * @default http
             * @enum {string}
             */
            transport?: "http" | "sse" | "stdio";
            /**
             * @description For http and sse.
             * @example https://mcp.example.com/mcp
             */
            url?: string;
            /** @description For stdio. */
            command?: string;
            args?: string[];
            /**
             * @description For stdio: where the program runs.
             * @default /
             */
            cwd?: string;
            /**
             * @description Who shares a session or process of it.
             * @default session
             * @enum {string}
             */
            isolation?: "session" | "key" | "shared";
            /**
             * @description What becomes of tools that are new or have changed since they were approved: clients get them; get them with a mark; don’t get them.
             * @default allow
             * @enum {string}
             */
            on_tool_change?: "allow" | "flag" | "hold";
            /** @default {} */
            limits?: {
                /**
                 * @description Calls at once.
                 * @default 1000
                 */
                max_in_flight?: number;
                /** @description For stdio: memory that each process of it may write to. Absent: no limit of its own. */
                memory_bytes?: number;
                /** @description For stdio: files that each process of it may have open. Absent: no limit of its own. */
                open_files?: number;
                /** @description For stdio: it starts no process when the gateway’s user has so many, of whatever program. Absent: no limit of its own. */
                processes?: number;
                /** @description For stdio: it is given up when it ends once more in a row. Absent: 5. */
                restarts?: number;
                /** @description Of all clients together, as `requests=100/s`; see docs/operating.md. Absent: none. */
                rates?: string[];
            };
            /** @default {} */
            timeouts?: {
                /**
                 * @description Until the connection stands. Milliseconds.
                 * @default 10000
                 */
                connect_ms?: number;
                /**
                 * @description Without a byte while an answer is due. Milliseconds.
                 * @default 300000
                 */
                idle_ms?: number;
                /**
                 * @description For one call. Milliseconds.
                 * @default 3600000
                 */
                total_ms?: number;
                /** @description For stdio: a program that nobody has used for so long is stopped until it is needed. Absent: as the gateway is set (STDIO_IDLE_STOP_SECONDS). */
                idle_stop_ms?: number;
            };
            /** @description Sent with each request. Stored encrypted and never shown. */
            headers?: {
                [key: string]: string;
            };
            /** @description For stdio. Stored encrypted and never shown. */
            env?: {
                [key: string]: string;
            };
        };
        /** @description The whole new settings. `headers` and `env` that are absent stay as they are; {} removes them. A server with secrets that moves (anything of its URL but the query, its transport, its command) needs them anew. */
        ServerUpdate: {
            title?: string;
            description?: string;
            /**
             * @default http
             * @enum {string}
             */
            transport?: "http" | "sse" | "stdio";
            /**
             * @description For http and sse.
             * @example https://mcp.example.com/mcp
             */
            url?: string;
            /** @description For stdio. */
            command?: string;
            args?: string[];
            /**
             * @description For stdio: where the program runs.
             * @default /
             */
            cwd?: string;
            /**
             * @description Who shares a session or process of it.
             * @default session
             * @enum {string}
             */
            isolation?: "session" | "key" | "shared";
            /**
             * @description What becomes of tools that are new or have changed since they were approved: clients get them; get them with a mark; don’t get them.
             * @default allow
             * @enum {string}
             */
            on_tool_change?: "allow" | "flag" | "hold";
            /** @default {} */
            limits?: {
                /**
                 * @description Calls at once.
                 * @default 1000
                 */
                max_in_flight?: number;
                /** @description For stdio: memory that each process of it may write to. Absent: no limit of its own. */
                memory_bytes?: number;
                /** @description For stdio: files that each process of it may have open. Absent: no limit of its own. */
                open_files?: number;
                /** @description For stdio: it starts no process when the gateway’s user has so many, of whatever program. Absent: no limit of its own. */
                processes?: number;
                /** @description For stdio: it is given up when it ends once more in a row. Absent: 5. */
                restarts?: number;
                /** @description Of all clients together, as `requests=100/s`; see docs/operating.md. Absent: none. */
                rates?: string[];
            };
            /** @default {} */
            timeouts?: {
                /**
                 * @description Until the connection stands. Milliseconds.
                 * @default 10000
                 */
                connect_ms?: number;
                /**
                 * @description Without a byte while an answer is due. Milliseconds.
                 * @default 300000
                 */
                idle_ms?: number;
                /**
                 * @description For one call. Milliseconds.
                 * @default 3600000
                 */
                total_ms?: number;
                /** @description For stdio: a program that nobody has used for so long is stopped until it is needed. Absent: as the gateway is set (STDIO_IDLE_STOP_SECONDS). */
                idle_stop_ms?: number;
            };
            /** @description Sent with each request. Stored encrypted and never shown. */
            headers?: {
                [key: string]: string;
            };
            /** @description For stdio. Stored encrypted and never shown. */
            env?: {
                [key: string]: string;
            };
            /** @description Absent: as it is. */
            enabled?: boolean;
        };
        TokenRequest: {
            /** @description A key, as `keys create` of the CLI printed it. */
            api_key: string;
        };
        LeakReport: {
            /** @description What was found; a key is found in a longer text, too. */
            token: string;
            type?: string;
            /** @description Where. It comes into the audit trail, without its query. */
            url?: string;
            source?: string;
        }[] | {
            candidates: string[];
            url?: string;
        };
        LeakReportTaken: {
            /** @description Texts in the report; not how many of them were keys. */
            received: number;
        };
        ToolCall: {
            /** @default {} */
            arguments?: {
                [key: string]: unknown;
            };
        };
        /** @description What is approved now and was not before. */
        ApprovedTools: {
            approved: {
                name: string;
                /** @description SHA-256 over all members of its definition, base64url. */
                digest: string;
                /** @enum {string} */
                why: "new" | "changed";
                /** @description The members in which a changed one differs from what was approved last; absent when that is not known. */
                differs?: string[];
            }[];
            /** @description Why the server did not show its tools, so that what it has shown before counts. */
            unread?: {
                code: string;
                message: string;
            };
        };
        /** @description What the server gets for the key alone, by name. */
        Credential: {
            header_names: string[];
            env_names: string[];
        };
        /** @description What a server gets for single keys, by name; the values are shown nowhere. */
        Credentials: {
            items: {
                key: {
                    /** Format: uuid */
                    id: string;
                    name: string;
                };
                header_names: string[];
                env_names: string[];
                /** @description The server has moved since: the key can’t use it until the credential is given anew. */
                outdated: boolean;
            }[];
        };
        /** @description Tools that nobody has approved as they are now. */
        UnapprovedTools: {
            items: {
                name: string;
                /** @description SHA-256 over all members of its definition, base64url. */
                digest: string;
                /** @enum {string} */
                why: "new" | "changed";
                /** @description The members in which a changed one differs from what was approved last; absent when that is not known. */
                differs?: string[];
            }[];
            /** @description Of all tools as the server has shown them; absent where the grants cover some of them only. */
            digest?: string;
        };
        AuditEventPage: {
            items: components["schemas"]["AuditEvent"][];
            /** @description Give it as `cursor` to get the next page; absent on the last. */
            next_cursor?: string;
        };
        /** @description Something that happened to a key, a role or a server. */
        AuditEvent: {
            /** @description Orders all events; may have gaps. A string: it may exceed 2^53. */
            position: string;
            /** Format: uuid */
            id: string;
            /** @enum {string} */
            type: "ApiKeyCreated" | "ApiKeyInactivated" | "ApiKeyActivated" | "ApiKeyAccessChanged" | "ApiKeyLabelled" | "ApiKeyRotated" | "ApiKeyCredentialSet" | "ApiKeyCredentialRemoved" | "ApiKeyDeleted" | "KeyRoleCreated" | "KeyRoleChanged" | "KeyRoleDeleted" | "McpServerRegistered" | "McpServerUpdated" | "McpServerDisabled" | "McpServerEnabled" | "McpServerDeleted" | "McpServerCatalogueChanged" | "McpServerToolsApproved" | "EventSkipped" | "StreamRetired" | "LossAccepted" | "StreamReinstated";
            /** @enum {string} */
            category: "key" | "role" | "server" | "catalogue";
            /** @description The key’s id, the role’s name, or the server’s, also of its catalogue. */
            subject: string;
            /** @description Counts the events of the subject within its category, from 0. */
            revision: number;
            /** Format: date-time */
            at: string;
            /** @description `cli:<os user>@<host>`, `cli:<name> as <os user>@<host>`, `key:<id>` or `system:<part>`. */
            actor: string;
            /** @description The same in all events of one command. */
            correlation_id: string;
            /** @description The event’s data; never a secret. */
            data: {
                [key: string]: unknown;
            };
        };
        FeedEvent: {
            /** @description Of this event in this gateway: its start and a number that rises. */
            id: string;
            /** Format: date-time */
            at: string;
            /** @constant */
            type: "mcp_server_started";
            /** @description The server’s name. */
            server: string;
            data: {
                /** @constant */
                reason: "answered";
            };
        } | {
            /** @description Of this event in this gateway: its start and a number that rises. */
            id: string;
            /** Format: date-time */
            at: string;
            /** @constant */
            type: "mcp_server_stopped";
            /** @description The server’s name. */
            server: string;
            data: {
                reason: string;
            };
        } | {
            /** @description Of this event in this gateway: its start and a number that rises. */
            id: string;
            /** Format: date-time */
            at: string;
            /** @constant */
            type: "mcp_server_circuit";
            /** @description The server’s name. */
            server: string;
            data: {
                /** @enum {string} */
                state: "open" | "half-open" | "closed";
                /** @description Calls in a row that got no answer. */
                failures: number;
                /**
                 * Format: date-time
                 * @description When a call may try the server.
                 */
                retry_at?: string;
                /** @description Why it is not asked. */
                reason?: string;
            };
        } | {
            /** @description Of this event in this gateway: its start and a number that rises. */
            id: string;
            /** Format: date-time */
            at: string;
            /** @constant */
            type: "mcp_server_process";
            /** @description The server’s name. */
            server: string;
            data: {
                /** @enum {string} */
                status: "starting" | "running" | "restarting" | "stopped" | "given-up";
                /** @enum {string} */
                shared_by: "session" | "key" | "shared";
                /** @description How often in a row it has ended by itself. */
                failures: number;
                /**
                 * Format: date-time
                 * @description When it is started again.
                 */
                retry_at?: string;
                /** @description Why it does not run. */
                reason?: string;
            };
        } | {
            /** @description Of this event in this gateway: its start and a number that rises. */
            id: string;
            /** Format: date-time */
            at: string;
            /** @constant */
            type: "mcp_server_log";
            /** @description The server’s name. */
            server: string;
            data: {
                /** @description Of the lines of this server in this gateway. */
                number: number;
                /** @description Without control characters; secrets of the server are blotted out. */
                text: string;
                /** @description Lines before it that came too fast to be sent. */
                omitted?: number;
            };
        } | {
            /** @description Of this event in this gateway: its start and a number that rises. */
            id: string;
            /** Format: date-time */
            at: string;
            /** @constant */
            type: "mcp_tool_executed";
            /** @description The server’s name. */
            server: string;
            /** @description The key’s id. */
            key: string;
            data: {
                tool: string;
                /** @description `ok`, or the code of what ended it. */
                outcome: string;
                /**
                 * @description The kind of its failure; absent when it did not fail.
                 * @enum {string}
                 */
                error?: "client" | "timeout" | "upstream" | "cut" | "answer" | "refused";
                /** @description The HTTP status that the client got; 0 when it left before. */
                status: number;
                duration_ms: number;
                bytes_in: number;
                bytes_out: number;
            };
        } | {
            /** @description Of this event in this gateway: its start and a number that rises. */
            id: string;
            /** Format: date-time */
            at: string;
            /** @constant */
            type: "mcp_message";
            /** @description The server’s name. */
            server: string;
            /** @description The key’s id. */
            key: string;
            data: {
                method: string;
                /** @description `ok`, or the code of what ended it. */
                outcome: string;
                /**
                 * @description The kind of its failure; absent when it did not fail.
                 * @enum {string}
                 */
                error?: "client" | "timeout" | "upstream" | "cut" | "answer" | "refused";
                /** @description The HTTP status that the client got; 0 when it left before. */
                status: number;
                duration_ms: number;
                bytes_in: number;
                bytes_out: number;
            };
        } | {
            /** @description Of this event in this gateway: its start and a number that rises. */
            id: string;
            /** Format: date-time */
            at: string;
            /** @constant */
            type: "system_health";
            data: {
                /** @enum {string} */
                status: "up" | "down";
                version: string;
                ready: {
                    calls: boolean;
                    changes: boolean;
                };
                parts: {
                    [key: string]: {
                        /** @enum {string} */
                        status: "up" | "down";
                        detail?: string;
                    };
                };
            };
        } | {
            /** @description Of this event in this gateway: its start and a number that rises. */
            id: string;
            /** Format: date-time */
            at: string;
            /** @constant */
            type: "key_changed";
            /** @description The key’s id. */
            key: string;
            data: {
                /**
                 * @description The key is new.
                 * @constant
                 */
                created?: true;
                /** @description The stream of the event in the audit trail; absent where many changes came at once. */
                stream?: string;
                /** @description Its number in the stream. */
                revision?: number;
            };
        } | {
            /** @description Of this event in this gateway: its start and a number that rises. */
            id: string;
            /** Format: date-time */
            at: string;
            /** @constant */
            type: "key_expires";
            /** @description The key’s id. */
            key: string;
            data: {
                /** Format: date-time */
                expires_at: string;
                /** @description It has so many left: 30, 7, 1. */
                days: number;
            };
        } | {
            /** @description Of this event in this gateway: its start and a number that rises. */
            id: string;
            /** Format: date-time */
            at: string;
            /** @constant */
            type: "key_refused";
            /** @description The key’s id. */
            key: string;
            data: {
                /** @constant */
                reason: "network-not-allowed";
                address: string;
            };
        } | {
            /** @description Of this event in this gateway: its start and a number that rises. */
            id: string;
            /** Format: date-time */
            at: string;
            /** @constant */
            type: "role_changed";
            /** @description The role’s name. */
            role: string;
            data: {
                /** @description The stream of the event in the audit trail; absent where many changes came at once. */
                stream?: string;
                /** @description Its number in the stream. */
                revision?: number;
            };
        } | {
            /** @description Of this event in this gateway: its start and a number that rises. */
            id: string;
            /** Format: date-time */
            at: string;
            /** @constant */
            type: "server_changed";
            /** @description The server’s name. */
            server: string;
            data: {
                /** @description The stream of the event in the audit trail; absent where many changes came at once. */
                stream?: string;
                /** @description Its number in the stream. */
                revision?: number;
            };
        } | {
            /** @description Of this event in this gateway: its start and a number that rises. */
            id: string;
            /** Format: date-time */
            at: string;
            /** @constant */
            type: "error";
            /** @description The server’s name. */
            server?: string;
            /** @description The key’s id. */
            key?: string;
            data: {
                code: string;
                /** @enum {string} */
                kind?: "client" | "timeout" | "upstream" | "cut" | "answer" | "refused";
                method?: string;
                tool?: string;
            };
        } | {
            /** @description Of this event in this gateway: its start and a number that rises. */
            id: string;
            /** Format: date-time */
            at: string;
            /** @constant */
            type: "gap";
            /** @description How many events are missing here; 0 when it is unknown. */
            dropped: number;
            data: {
                /** @enum {string} */
                reason: "slow-reader" | "changes-unknown";
            };
        } | {
            /** @description Of this event in this gateway: its start and a number that rises. */
            id: string;
            /** Format: date-time */
            at: string;
            /** @constant */
            type: "heartbeat";
            data: Record<string, never>;
        };
        Health: {
            /**
             * @description What the status code says: up is 200, down is 503.
             * @enum {string}
             */
            status: "up" | "down";
            version: string;
            /** @description What the gateway serves now; absent from /health/live. */
            ready?: {
                /** @description MCP calls and queries are served. */
                calls: boolean;
                /** @description Changes of keys and servers are accepted, too. Without the event store they are refused; calls are served as before. */
                changes: boolean;
            };
            /**
             * Format: uuid
             * @description Random, made once for each installation, and the same at all its gateways: by it a command of the CLI finds out whether the gateway works on its stores. Only of /health/live.
             */
            installation?: string;
            /** @description database, event_store, projections, change_feed. */
            parts: {
                [key: string]: {
                    /** @enum {string} */
                    status: "up" | "down";
                    /** @description What is wrong, when it is down. */
                    detail?: string;
                };
            };
        };
        KeyEvent: {
            revision: number;
            /** @example ApiKeyCreated */
            type: string;
            /** Format: date-time */
            at: string;
            actor: string;
            correlation_id: string;
            data: {
                [key: string]: unknown;
            };
        };
        KeyHistoryPage: {
            items: components["schemas"]["KeyEvent"][];
            /** @description Give it as `cursor` to get the next page; absent on the last. */
            next_cursor?: string;
        };
        KeyPage: {
            items: components["schemas"]["Key"][];
            /** @description Give it as `cursor` to get the next page; absent on the last. */
            next_cursor?: string;
        };
        /** @description A key’s metadata. Its secret is shown once, at its creation, and nowhere else. */
        Key: {
            /** Format: uuid */
            id: string;
            name: string;
            description?: string;
            /** @description Who answers for it. */
            owner?: string;
            /**
             * @description As in team=search. Absent when there are none.
             * @example [
             *       "team=search"
             *     ]
             */
            tags?: string[];
            /**
             * @description A rotated key works until `valid_until`.
             * @enum {string}
             */
            status: "active" | "inactive" | "rotated" | "deleted";
            /**
             * @description Why it can’t be used, whatever its status is; see docs/eventstoredb.md. Absent: only its status counts.
             * @enum {string}
             */
            fault?: "hidden" | "removed" | "unreadable" | "retired" | "withheld";
            /** @description Of its own; those of its roles come on top. */
            scopes: ("mcp" | "servers:read" | "servers:write" | "servers:exec" | "keys:read" | "audit:read" | "usage:read" | "events:read")[];
            /** @description Of its own; those of its roles come on top. */
            grants: string[];
            /** @description What each of its roles gives now. Absent when it has none. */
            roles?: {
                name: string;
                scopes: ("mcp" | "servers:read" | "servers:write" | "servers:exec" | "keys:read" | "audit:read" | "usage:read" | "events:read")[];
                grants: string[];
                /**
                 * @description Why it gives nothing: it was deleted, or its history has a fault.
                 * @enum {string}
                 */
                lost?: "deleted" | "hidden" | "removed" | "unreadable" | "retired" | "withheld";
            }[];
            /** @description How often and how much it may use, as `requests=100/s`; see docs/operating.md. Absent: no limits of its own. */
            limits?: string[];
            /** @description Of one key: what is left of its limits by time at this gateway now; of several gateways, what this one has leased. Bytes beyond a limit count below nothing. */
            limits_left?: {
                limit: string;
                left: number;
            }[];
            /** @description The networks that it may be used from. Absent: any. */
            networks?: string[];
            /** @description What servers get for this key alone, by name; the values are shown nowhere. Absent when there are none. */
            credentials?: {
                server: string;
                header_names: string[];
                env_names: string[];
            }[];
            /** Format: date-time */
            expires_at?: string;
            /** Format: uuid */
            rotated_from?: string;
            /** Format: uuid */
            successor_id?: string;
            /** Format: date-time */
            valid_until?: string;
            /** Format: date-time */
            created_at: string;
            created_by: string;
            /** Format: date-time */
            updated_at: string;
        };
        Problem: {
            /** @constant */
            type: "about:blank";
            /** @description The status in words. */
            title: string;
            status: number;
            /** @description What went wrong, and what to do. */
            detail: string;
            /** @description The same sentence as `detail`. */
            error: string;
            /** @description Stable, in kebab-case: what programs decide on. */
            code: string;
            /** Format: date-time */
            timestamp: string;
            request_id: string;
            data?: {
                [key: string]: unknown;
            };
        };
        RolePage: {
            items: components["schemas"]["Role"][];
            /** @description Give it as `cursor` to get the next page; absent on the last. */
            next_cursor?: string;
        };
        /** @description A named set of scopes and grants, which keys have besides their own. */
        Role: {
            name: string;
            description?: string;
            /**
             * @description Why it gives nothing; see docs/eventstoredb.md. Absent: it gives what is shown.
             * @enum {string}
             */
            fault?: "hidden" | "removed" | "unreadable" | "retired" | "withheld";
            scopes: ("mcp" | "servers:read" | "servers:write" | "servers:exec" | "keys:read" | "audit:read" | "usage:read" | "events:read")[];
            grants: string[];
            /** @description How many keys have it that were not deleted. */
            keys: number;
            /** Format: date-time */
            created_at: string;
            created_by: string;
            /** Format: date-time */
            updated_at: string;
        };
        ServerPage: {
            items: components["schemas"]["Server"][];
            /** @description Give it as `cursor` to get the next page; absent on the last. */
            next_cursor?: string;
        };
        Server: {
            /** Format: uuid */
            id: string;
            name: string;
            title?: string;
            description?: string;
            /**
             * @default http
             * @enum {string}
             */
            transport: "http" | "sse" | "stdio";
            /**
             * @description For http and sse.
             * @example https://mcp.example.com/mcp
             */
            url?: string;
            /** @description For stdio. */
            command?: string;
            args?: string[];
            /**
             * @description For stdio: where the program runs.
             * @default /
             */
            cwd?: string;
            /**
             * @description Who shares a session or process of it.
             * @default session
             * @enum {string}
             */
            isolation: "session" | "key" | "shared";
            /**
             * @description What becomes of tools that are new or have changed since they were approved: clients get them; get them with a mark; don’t get them.
             * @default allow
             * @enum {string}
             */
            on_tool_change?: "allow" | "flag" | "hold";
            limits: {
                /**
                 * @description Calls at once.
                 * @default 1000
                 */
                max_in_flight: number;
                /** @description For stdio: memory that each process of it may write to. Absent: no limit of its own. */
                memory_bytes?: number;
                /** @description For stdio: files that each process of it may have open. Absent: no limit of its own. */
                open_files?: number;
                /** @description For stdio: it starts no process when the gateway’s user has so many, of whatever program. Absent: no limit of its own. */
                processes?: number;
                /** @description For stdio: it is given up when it ends once more in a row. Absent: 5. */
                restarts?: number;
                /** @description Of all clients together, as `requests=100/s`; see docs/operating.md. Absent: none. */
                rates?: string[];
            };
            timeouts: {
                /**
                 * @description Until the connection stands. Milliseconds.
                 * @default 10000
                 */
                connect_ms: number;
                /**
                 * @description Without a byte while an answer is due. Milliseconds.
                 * @default 300000
                 */
                idle_ms: number;
                /**
                 * @description For one call. Milliseconds.
                 * @default 3600000
                 */
                total_ms: number;
                /** @description For stdio: a program that nobody has used for so long is stopped until it is needed. Absent: as the gateway is set (STDIO_IDLE_STOP_SECONDS). */
                idle_stop_ms?: number;
            };
            enabled: boolean;
            /**
             * @description Why it can’t be used whatever else is said of it; see docs/eventstoredb.md. Absent: no reason.
             * @enum {string}
             */
            fault?: "hidden" | "removed" | "unreadable" | "retired" | "withheld";
            /** @description Headers or environment are configured. They are never shown. */
            has_secrets: boolean;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
        };
        Token: {
            access_token: string;
            /** @constant */
            token_type: "Bearer";
            /** @description Seconds. */
            expires_in: number;
        };
        /** @description The health of a server, as the gateway that answers has found it by calls, and any gateway by reading its catalogue. */
        ServerHealth: {
            name: string;
            /**
             * @description By the last call, whatever carried it, or reading of its catalogue. `unknown`: none since the server was changed.
             * @enum {string}
             */
            status: "answers" | "fails" | "unknown" | "disabled";
            /** Format: date-time */
            answered_at?: string;
            /** @description The last call or reading that failed for the server’s sake. */
            failure?: {
                code: string;
                /** Format: date-time */
                at: string;
                /** @description 0: it has answered since. */
                in_a_row: number;
            };
            /** @description Whether the gateway that answers passes calls on to the server. */
            circuit: {
                /**
                 * @description `open`: calls are refused at once. `half-open`: one call may try the server, or does so now.
                 * @enum {string}
                 */
                state: "closed" | "open" | "half-open";
                /** Format: date-time */
                since?: string;
                /** @description Calls, or starts of its program, in a row that failed. */
                failures?: number;
                /**
                 * Format: date-time
                 * @description When a call may try the server.
                 */
                retry_at?: string;
                reason?: string;
            };
            /** @description Calls at this gateway in which the server has asked for something, and that wait for their client’s next request. */
            waiting_for_input: number;
            /** @description Of a server on stdio. */
            processes?: components["schemas"]["ServerProcesses"];
            /** @description How reading what the server offers goes, for all gateways; by the clients it is for. */
            catalogue: {
                /** @enum {string} */
                era: "legacy" | "modern";
                /** @description A digest of those of the clients; absent: none. */
                capabilities?: string;
                /**
                 * Format: date-time
                 * @description Absent: it was never read.
                 */
                read_at?: string;
                /** @description The server has sent that it changed, and it was not read since. */
                outdated: boolean;
                /** @description Why it could not be read the last time. */
                failure?: {
                    code: string;
                    /** Format: date-time */
                    at: string;
                    /** @description 0: it has answered since. */
                    in_a_row: number;
                };
            }[];
        };
        /** @description The last lines on standard error, the newest last. */
        ServerLog: {
            items: {
                /** @description Of the lines of this server in this gateway. */
                number: number;
                /** Format: date-time */
                at: string;
                /** @description Without control characters; secrets of the server are blotted out. */
                text: string;
            }[];
        };
        /** @description What a gateway logs: this level and the graver ones. */
        LogLevel: {
            /** @enum {string} */
            level: "silent" | "fatal" | "error" | "warn" | "info" | "debug" | "trace";
        };
        /** @description The processes of a server on stdio in the gateway that answers. */
        ServerProcesses: {
            name: string;
            /**
             * @description `stopped`: it is started when it is needed. `given-up`: it has ended too often; restart it.
             * @enum {string}
             */
            status: "running" | "starting" | "restarting" | "given-up" | "stopped";
            /** @description The last start failed at once; absent when it did not. */
            failed_start?: {
                /** Format: date-time */
                since: string;
                /** @description How often in a row it has ended by itself. */
                failures: number;
                /**
                 * Format: date-time
                 * @description When it is started again.
                 */
                retry_at?: string;
                /** @description Why it does not run. */
                reason?: string;
            };
            processes: {
                /**
                 * @description `stopped`: it is started when it is needed. `given-up`: it has ended too often; restart it.
                 * @enum {string}
                 */
                status: "running" | "starting" | "restarting" | "given-up" | "stopped";
                /** Format: date-time */
                since: string;
                /** @description How often in a row it has ended by itself. */
                failures: number;
                /**
                 * Format: date-time
                 * @description When it is started again.
                 */
                retry_at?: string;
                /** @description Why it does not run. */
                reason?: string;
                pid?: number;
                /**
                 * @description Who shares it.
                 * @enum {string}
                 */
                shared_by: "session" | "key" | "shared";
                /** @description Sessions, and calls without one, that have it now. */
                holders: number;
            }[];
        };
        AllTools: {
            items: {
                server: string;
                /** @description By which clients of `/mcp` know it. */
                exposed_name: string;
                /** @description As the server describes it. */
                tool: {
                    name: string;
                } & {
                    [key: string]: unknown;
                };
            }[];
            /** @description The first 20 of each server that it lists and that can’t be used, and why. */
            left_out: {
                server: string;
                name?: string;
                reason: string;
            }[];
            /** @description The servers that did not answer now, and why. */
            unanswered: {
                server: string;
                /** @enum {string} */
                status: "fails" | "disabled";
                code: string;
                /** @description What went wrong, and what to do. */
                message: string;
                /** @description `items` holds the tools that it offered last; they may be others now. */
                remembered: boolean;
            }[];
        };
        ToolCallLine: {
            /** @constant */
            type: "progress";
            progress: number;
            total?: number;
            message?: string;
        } | {
            /** @constant */
            type: "log";
            level: string;
            logger?: string;
            data?: unknown;
        } | {
            /** @constant */
            type: "heartbeat";
        } | {
            /** @constant */
            type: "result";
            result: {
                [key: string]: unknown;
            };
        } | {
            /** @constant */
            type: "problem";
            problem: components["schemas"]["Problem"];
        };
        ToolList: {
            /** @description As the server describes them: name, description, inputSchema, annotations, … */
            items: ({
                name: string;
            } & {
                [key: string]: unknown;
            })[];
            /** @description The first 20 that the server lists and that can’t be used, and why; absent when there are none. */
            left_out?: {
                name?: string;
                reason: string;
            }[];
        };
        /** @description The result as the server gave it (MCP, CallToolResult). */
        ToolResult: {
            content?: ({
                type: string;
            } & {
                [key: string]: unknown;
            })[];
            /** @description The tool itself reports a failure. */
            isError?: boolean;
        } & {
            [key: string]: unknown;
        };
        /** @description Calls that have the same key, server, … as far as `by` names these. */
        UsageRow: {
            /** Format: uuid */
            key_id?: string;
            server?: string;
            method?: string;
            tool?: string;
            /**
             * Format: date-time
             * @description The beginning of the hour or the day, UTC.
             */
            time?: string;
            calls: number;
            /** @description All errors together. */
            failed: number;
            errors: {
                /** @description The client left early, or did not read. */
                client: number;
                /** @description The server did not answer in its time. */
                timeout: number;
                /** @description The server can’t be reached, broke off, or does not speak MCP. */
                upstream: number;
                /** @description The key or the server was changed or revoked, or the gateway stopped. */
                cut: number;
                /** @description The server answered with an error that shows in the HTTP status, or over REST. */
                answer: number;
                /** @description The gateway did not let them through to the server. */
                refused: number;
            };
            /** @description Failed calls, by the code of what ended them: `tool-withheld`, `server-busy`, … */
            outcomes: {
                [key: string]: number;
            };
            /** @description Of requests’ bodies, as clients sent them. */
            bytes_in: number;
            /** @description Of answers’ bodies, as they were written for clients. */
            bytes_out: number;
            /** @description Estimated from a histogram; absent when nothing but streams was counted. */
            latency_ms?: {
                p50: number;
                p95: number;
                p99: number;
            };
            /** Format: date-time */
            last_used_at?: string;
        };
        Usage: {
            /** Format: date-time */
            from: string;
            /** Format: date-time */
            to: string;
            items: components["schemas"]["UsageRow"][];
            total: components["schemas"]["UsageRow"];
            /** @description There are more items than `limit`; `total` counts them, too. */
            truncated: boolean;
        };
    };
    responses: {
        /** @description The request is not valid: `detail` names the place, `data.faults` the first 20 of them. */
        BadRequest: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "about:blank",
                 *       "title": "Bad Request",
                 *       "status": 400,
                 *       "detail": "name: must be a string",
                 *       "error": "name: must be a string",
                 *       "code": "request-invalid",
                 *       "timestamp": "2026-11-29T12:00:00.000Z",
                 *       "request_id": "0197a1b2-0000-7000-8000-000000000001"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The credential is missing, wrong or expired. */
        Unauthorized: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                "WWW-Authenticate": components["headers"]["Challenge"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "about:blank",
                 *       "title": "Unauthorized",
                 *       "status": 401,
                 *       "detail": "The credential is not valid.",
                 *       "error": "The credential is not valid.",
                 *       "code": "invalid-credential",
                 *       "timestamp": "2026-11-29T12:00:00.000Z",
                 *       "request_id": "0197a1b2-0000-7000-8000-000000000001"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The key lacks the scope or the grants, or the Host or Origin is not allowed. */
        Forbidden: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                "WWW-Authenticate": components["headers"]["ScopeChallenge"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "about:blank",
                 *       "title": "Forbidden",
                 *       "status": 403,
                 *       "detail": "The key lacks the scope servers:write.",
                 *       "error": "The key lacks the scope servers:write.",
                 *       "code": "insufficient-scope",
                 *       "timestamp": "2026-11-29T12:00:00.000Z",
                 *       "request_id": "0197a1b2-0000-7000-8000-000000000001"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description There is none that this key may use. */
        NotFound: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "about:blank",
                 *       "title": "Not Found",
                 *       "status": 404,
                 *       "detail": "There is no such server that this key may use.",
                 *       "error": "There is no such server that this key may use.",
                 *       "code": "server-not-found",
                 *       "timestamp": "2026-11-29T12:00:00.000Z",
                 *       "request_id": "0197a1b2-0000-7000-8000-000000000001"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The Accept header takes no media type that the answer has. */
        NotAcceptable: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "about:blank",
                 *       "title": "Not Acceptable",
                 *       "status": 406,
                 *       "detail": "The answer is application/json, and the Accept header does not take it.",
                 *       "error": "The answer is application/json, and the Accept header does not take it.",
                 *       "code": "not-acceptable",
                 *       "timestamp": "2026-11-29T12:00:00.000Z",
                 *       "request_id": "0197a1b2-0000-7000-8000-000000000001"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Others changed the same at once, again and again: try again. */
        Conflict: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "about:blank",
                 *       "title": "Conflict",
                 *       "status": 409,
                 *       "detail": "A server with this name exists already: update it, or choose another name.",
                 *       "error": "A server with this name exists already: update it, or choose another name.",
                 *       "code": "server-exists",
                 *       "timestamp": "2026-11-29T12:00:00.000Z",
                 *       "request_id": "0197a1b2-0000-7000-8000-000000000001"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description It was changed since the revision of If-Match: read it again. */
        PreconditionFailed: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "about:blank",
                 *       "title": "Precondition Failed",
                 *       "status": 412,
                 *       "detail": "It was changed since you read it. Read it again and repeat the change.",
                 *       "error": "It was changed since you read it. Read it again and repeat the change.",
                 *       "code": "revision-mismatch",
                 *       "timestamp": "2026-11-29T12:00:00.000Z",
                 *       "request_id": "0197a1b2-0000-7000-8000-000000000001"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The body is too large, or holds too many values. */
        ContentTooLarge: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "about:blank",
                 *       "title": "Content Too Large",
                 *       "status": 413,
                 *       "detail": "The body is larger than 1048576 bytes.",
                 *       "error": "The body is larger than 1048576 bytes.",
                 *       "code": "body-too-large",
                 *       "timestamp": "2026-11-29T12:00:00.000Z",
                 *       "request_id": "0197a1b2-0000-7000-8000-000000000001"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The body is not JSON in UTF-8, or is compressed. */
        UnsupportedMediaType: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                "Accept-Encoding": components["headers"]["AcceptEncoding"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "about:blank",
                 *       "title": "Unsupported Media Type",
                 *       "status": 415,
                 *       "detail": "The body must be JSON, with Content-Type: application/json.",
                 *       "error": "The body must be JSON, with Content-Type: application/json.",
                 *       "code": "content-type-unsupported",
                 *       "timestamp": "2026-11-29T12:00:00.000Z",
                 *       "request_id": "0197a1b2-0000-7000-8000-000000000001"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The request is valid, and is refused as things are. */
        UnprocessableContent: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "about:blank",
                 *       "title": "Unprocessable Content",
                 *       "status": 422,
                 *       "detail": "The tool waits for its approval.",
                 *       "error": "The tool waits for its approval.",
                 *       "code": "tool-withheld",
                 *       "timestamp": "2026-11-29T12:00:00.000Z",
                 *       "request_id": "0197a1b2-0000-7000-8000-000000000001"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description A limit is used up: Retry-After tells when to try again. */
        TooManyRequests: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                "Retry-After": components["headers"]["RetryAfter"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "about:blank",
                 *       "title": "Too Many Requests",
                 *       "status": 429,
                 *       "detail": "The key may make 100 requests in a minute.",
                 *       "error": "The key may make 100 requests in a minute.",
                 *       "code": "rate-limited",
                 *       "timestamp": "2026-11-29T12:00:00.000Z",
                 *       "request_id": "0197a1b2-0000-7000-8000-000000000001"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The request has too many headers. */
        RequestHeaderFieldsTooLarge: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "about:blank",
                 *       "title": "Request Header Fields Too Large",
                 *       "status": 431,
                 *       "detail": "The request has more than 200 headers.",
                 *       "error": "The request has more than 200 headers.",
                 *       "code": "headers-too-large",
                 *       "timestamp": "2026-11-29T12:00:00.000Z",
                 *       "request_id": "0197a1b2-0000-7000-8000-000000000001"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description A bug of the gateway: its log has the details under `request_id`. */
        InternalServerError: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "about:blank",
                 *       "title": "Internal Server Error",
                 *       "status": 500,
                 *       "detail": "Something went wrong inside the gateway. Its log has the details under the request id.",
                 *       "error": "Something went wrong inside the gateway. Its log has the details under the request id.",
                 *       "code": "internal-error",
                 *       "timestamp": "2026-11-29T12:00:00.000Z",
                 *       "request_id": "0197a1b2-0000-7000-8000-000000000001"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The MCP server can’t be reached, or answered wrongly. */
        BadGateway: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "about:blank",
                 *       "title": "Bad Gateway",
                 *       "status": 502,
                 *       "detail": "The server calculator can’t be reached.",
                 *       "error": "The server calculator can’t be reached.",
                 *       "code": "upstream-unreachable",
                 *       "timestamp": "2026-11-29T12:00:00.000Z",
                 *       "request_id": "0197a1b2-0000-7000-8000-000000000001"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The gateway, a part of it or the MCP server can’t serve now. */
        ServiceUnavailable: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                "Retry-After": components["headers"]["RetryAfter"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "about:blank",
                 *       "title": "Service Unavailable",
                 *       "status": 503,
                 *       "detail": "PostgreSQL can’t be reached.",
                 *       "error": "PostgreSQL can’t be reached.",
                 *       "code": "database-unavailable",
                 *       "timestamp": "2026-11-29T12:00:00.000Z",
                 *       "request_id": "0197a1b2-0000-7000-8000-000000000001"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The MCP server did not answer in its time. */
        GatewayTimeout: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "about:blank",
                 *       "title": "Gateway Timeout",
                 *       "status": 504,
                 *       "detail": "The server calculator did not answer within 30 s.",
                 *       "error": "The server calculator did not answer within 30 s.",
                 *       "code": "upstream-timeout",
                 *       "timestamp": "2026-11-29T12:00:00.000Z",
                 *       "request_id": "0197a1b2-0000-7000-8000-000000000001"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The request has come through this gateway before. */
        LoopDetected: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "about:blank",
                 *       "title": "Loop Detected",
                 *       "status": 508,
                 *       "detail": "The request has come through this gateway before.",
                 *       "error": "The request has come through this gateway before.",
                 *       "code": "loop-detected",
                 *       "timestamp": "2026-11-29T12:00:00.000Z",
                 *       "request_id": "0197a1b2-0000-7000-8000-000000000001"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Events, until one side ends the answer; the schema is that of one line */
        Feed: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "id": "1-1",
                 *       "at": "2026-11-29T12:00:00.000Z",
                 *       "type": "mcp_server_started",
                 *       "server": "calculator",
                 *       "data": {
                 *         "reason": "answered"
                 *       }
                 *     }
                 */
                "application/x-ndjson": components["schemas"]["FeedEvent"];
                /** @example : a comment */
                "text/event-stream": string;
            };
        };
        /** @description How the parts are */
        Health: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "status": "up",
                 *       "version": "1.0.0",
                 *       "ready": {
                 *         "calls": true,
                 *         "changes": true
                 *       },
                 *       "parts": {
                 *         "database": {
                 *           "status": "up"
                 *         }
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["Health"];
            };
        };
        /** @description The server */
        Server: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                ETag: components["headers"]["ETag"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "id": "6e1f7a52-3c55-5c3a-9a39-0d5c1c4a8b11",
                 *       "name": "calculator",
                 *       "title": "Calculator",
                 *       "transport": "http",
                 *       "url": "http://127.0.0.1:7001/mcp",
                 *       "isolation": "session",
                 *       "limits": {
                 *         "max_in_flight": 1000
                 *       },
                 *       "timeouts": {
                 *         "connect_ms": 10000,
                 *         "idle_ms": 300000,
                 *         "total_ms": 600000
                 *       },
                 *       "enabled": true,
                 *       "has_secrets": false,
                 *       "created_at": "2026-11-29T12:00:00.000Z",
                 *       "updated_at": "2026-11-29T12:00:00.000Z"
                 *     }
                 */
                "application/json": components["schemas"]["Server"];
            };
        };
        /** @description The server */
        ChangedServer: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                ETag: components["headers"]["ETag"];
                Location: components["headers"]["Location"];
                "Metamcp-Unconfirmed": components["headers"]["Unconfirmed"];
                "Metamcp-Pending": components["headers"]["Pending"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "id": "6e1f7a52-3c55-5c3a-9a39-0d5c1c4a8b11",
                 *       "name": "calculator",
                 *       "title": "Calculator",
                 *       "transport": "http",
                 *       "url": "http://127.0.0.1:7001/mcp",
                 *       "isolation": "session",
                 *       "limits": {
                 *         "max_in_flight": 1000
                 *       },
                 *       "timeouts": {
                 *         "connect_ms": 10000,
                 *         "idle_ms": 300000,
                 *         "total_ms": 600000
                 *       },
                 *       "enabled": true,
                 *       "has_secrets": false,
                 *       "created_at": "2026-11-29T12:00:00.000Z",
                 *       "updated_at": "2026-11-29T12:00:00.000Z"
                 *     }
                 */
                "application/json": components["schemas"]["Server"];
            };
        };
        /** @description Removed */
        Removed: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                "Metamcp-Unconfirmed": components["headers"]["Unconfirmed"];
                "Metamcp-Pending": components["headers"]["Pending"];
                [name: string]: unknown;
            };
            content?: never;
        };
    };
    parameters: {
        /** @description How many items a page has at most. */
        limit: number;
        /** @description The `next_cursor` of the page before. */
        cursor: string;
        /**
         * @description Its name or id.
         * @example calculator
         */
        server: string;
        /**
         * @description Its name, as the server has it.
         * @example add
         */
        tool: string;
        /**
         * @description The name of a role.
         * @example engineering
         */
        roleName: string;
        /**
         * @description The id of a key.
         * @example 0197a1b2-0000-7000-8000-000000000001
         */
        keyId: string;
        /** @description Only keys with this tag, as team=search; repeatable: with all of them. */
        tag: string[];
        /** @description Only keys of this owner. */
        owner: string;
        /** @description Only events of this type; repeatable. */
        auditType: ("ApiKeyCreated" | "ApiKeyInactivated" | "ApiKeyActivated" | "ApiKeyAccessChanged" | "ApiKeyLabelled" | "ApiKeyRotated" | "ApiKeyCredentialSet" | "ApiKeyCredentialRemoved" | "ApiKeyDeleted" | "KeyRoleCreated" | "KeyRoleChanged" | "KeyRoleDeleted" | "McpServerRegistered" | "McpServerUpdated" | "McpServerDisabled" | "McpServerEnabled" | "McpServerDeleted" | "McpServerCatalogueChanged" | "McpServerToolsApproved" | "EventSkipped" | "StreamRetired" | "LossAccepted" | "StreamReinstated")[];
        /** @description Only what happened at this time or later, RFC 3339 with a zone. */
        since: string;
        /** @description Only what happened before this time, RFC 3339 with a zone. */
        until: string;
        /** @description The `ETag` of what you read: the change is made only if nothing has changed since. */
        ifMatch: string;
    };
    requestBodies: never;
    headers: {
        /** @description The revision: give it as If-Match. */
        ETag: string;
        /** @description The path of what was made or changed. */
        Location: string;
        /** @description Replicas that did not confirm the change within 2 s, percent-encoded; absent when all did. */
        Unconfirmed: string;
        /** @description Why lists do not show the change yet, percent-encoded; absent when they do. */
        Pending: string;
        /** @description The id of the request, as the gateway’s log has it: your X-Request-Id where it is fit, else a new one. */
        RequestId: string;
        /** @description When to try again, in seconds (RFC 9110, 10.2.3). */
        RetryAfter: number;
        /** @description What is left of the limit, and when there is more; absent for limits that are not by time. */
        RateLimit: string;
        /** @description The limit that is used up; absent for limits that are not by time. */
        RateLimitPolicy: string;
        /** @description `Bearer` (RFC 6750, 3). */
        Challenge: string;
        /** @description Names the scope that is missing (RFC 6750, 3.1); absent for other reasons. */
        ScopeChallenge: string;
        /** @description `identity`, when the body was compressed (RFC 9110, 15.5.16). */
        AcceptEncoding: string;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getUsage: {
        parameters: {
            query?: {
                /** @description From the hour that contains this time on, RFC 3339 with a zone; without it, 24 hours before `to` */
                from?: string;
                /** @description Hours that begin before this time, RFC 3339 with a zone; without it, now */
                to?: string;
                /** @description What calls are grouped by, separated by commas; without it there is one item for each server */
                by?: ("key" | "server" | "tool" | "hour" | "day")[];
                /** @description Only this key’s, by its id */
                key?: string;
                /** @description Only keys with this tag, as team=search; repeatable: with all of them. */
                tag?: components["parameters"]["tag"];
                /** @description Only keys of this owner. */
                owner?: components["parameters"]["owner"];
                /** @description Only this server’s, by its name */
                server?: string;
                /** @description Only calls of this tool */
                tool?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The counts, in the order of time, key, server, method and tool */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "from": "2026-11-29T12:00:00.000Z",
                     *       "to": "2026-11-29T12:15:00.000Z",
                     *       "items": [
                     *         {
                     *           "server": "calculator",
                     *           "calls": 2,
                     *           "failed": 1,
                     *           "errors": {
                     *             "client": 0,
                     *             "timeout": 1,
                     *             "upstream": 0,
                     *             "cut": 0,
                     *             "answer": 0,
                     *             "refused": 0
                     *           },
                     *           "outcomes": {
                     *             "upstream-timeout": 1
                     *           },
                     *           "bytes_in": 312,
                     *           "bytes_out": 904,
                     *           "latency_ms": {
                     *             "p50": 12,
                     *             "p95": 40,
                     *             "p99": 40
                     *           },
                     *           "last_used_at": "2026-11-29T12:00:00.000Z"
                     *         }
                     *       ],
                     *       "total": {
                     *         "calls": 2,
                     *         "failed": 1,
                     *         "errors": {
                     *           "client": 0,
                     *           "timeout": 1,
                     *           "upstream": 0,
                     *           "cut": 0,
                     *           "answer": 0,
                     *           "refused": 0
                     *         },
                     *         "outcomes": {
                     *           "upstream-timeout": 1
                     *         },
                     *         "bytes_in": 312,
                     *         "bytes_out": 904,
                     *         "latency_ms": {
                     *           "p50": 12,
                     *           "p95": 40,
                     *           "p99": 40
                     *         },
                     *         "last_used_at": "2026-11-29T12:00:00.000Z"
                     *       },
                     *       "truncated": false
                     *     }
                     */
                    "application/json": components["schemas"]["Usage"];
                    "text/csv": string;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            406: components["responses"]["NotAcceptable"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    issueToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "api_key": "mcp_…"
                 *     }
                 */
                "application/json": components["schemas"]["TokenRequest"];
            };
        };
        responses: {
            /** @description The token; send it in the header Authorization, after the word Bearer */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "access_token": "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl",
                     *       "token_type": "Bearer",
                     *       "expires_in": 900
                     *     }
                     */
                    "application/json": components["schemas"]["Token"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listServers: {
        parameters: {
            query?: {
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["limit"];
                /** @description The `next_cursor` of the page before. */
                cursor?: components["parameters"]["cursor"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of servers */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "id": "6e1f7a52-3c55-5c3a-9a39-0d5c1c4a8b11",
                     *           "name": "calculator",
                     *           "title": "Calculator",
                     *           "transport": "http",
                     *           "url": "http://127.0.0.1:7001/mcp",
                     *           "isolation": "session",
                     *           "limits": {
                     *             "max_in_flight": 1000
                     *           },
                     *           "timeouts": {
                     *             "connect_ms": 10000,
                     *             "idle_ms": 300000,
                     *             "total_ms": 600000
                     *           },
                     *           "enabled": true,
                     *           "has_secrets": false,
                     *           "created_at": "2026-11-29T12:00:00.000Z",
                     *           "updated_at": "2026-11-29T12:00:00.000Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["ServerPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    registerServer: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "calculator",
                 *       "title": "Calculator",
                 *       "transport": "http",
                 *       "url": "http://127.0.0.1:7001/mcp",
                 *       "isolation": "session"
                 *     }
                 */
                "application/json": components["schemas"]["NewServer"];
            };
        };
        responses: {
            201: components["responses"]["ChangedServer"];
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableContent"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getServer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Its name or id.
                 * @example calculator
                 */
                server: components["parameters"]["server"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Server"];
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    updateServer: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of what you read: the change is made only if nothing has changed since. */
                "If-Match"?: components["parameters"]["ifMatch"];
            };
            path: {
                /**
                 * @description Its name or id.
                 * @example calculator
                 */
                server: components["parameters"]["server"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "title": "Calculator",
                 *       "transport": "http",
                 *       "url": "http://127.0.0.1:7001/mcp",
                 *       "isolation": "session",
                 *       "enabled": true
                 *     }
                 */
                "application/json": components["schemas"]["ServerUpdate"];
            };
        };
        responses: {
            200: components["responses"]["ChangedServer"];
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableContent"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    removeServer: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of what you read: the change is made only if nothing has changed since. */
                "If-Match"?: components["parameters"]["ifMatch"];
            };
            path: {
                /**
                 * @description Its name or id.
                 * @example calculator
                 */
                server: components["parameters"]["server"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: components["responses"]["Removed"];
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableContent"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listTools: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Its name or id.
                 * @example calculator
                 */
                server: components["parameters"]["server"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The tools */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "name": "add",
                     *           "inputSchema": {
                     *             "type": "object",
                     *             "properties": {
                     *               "a": {
                     *                 "type": "number"
                     *               },
                     *               "b": {
                     *                 "type": "number"
                     *               }
                     *             }
                     *           }
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["ToolList"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableContent"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
            508: components["responses"]["LoopDetected"];
        };
    };
    executeTool: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Its name or id.
                 * @example calculator
                 */
                server: components["parameters"]["server"];
                /**
                 * @description Its name, as the server has it.
                 * @example add
                 */
                tool: components["parameters"]["tool"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "arguments": {
                 *         "a": 2,
                 *         "b": 3
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["ToolCall"];
            };
        };
        responses: {
            /** @description The result, or what comes on the way to it */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "content": [
                     *         {
                     *           "type": "text",
                     *           "text": "5"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["ToolResult"];
                    /**
                     * @example {
                     *       "type": "progress",
                     *       "progress": 1,
                     *       "total": 3,
                     *       "message": "Reading"
                     *     }
                     */
                    "application/x-ndjson": components["schemas"]["ToolCallLine"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            406: components["responses"]["NotAcceptable"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableContent"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
            508: components["responses"]["LoopDetected"];
        };
    };
    listServerProcesses: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Its name or id.
                 * @example calculator
                 */
                server: components["parameters"]["server"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The processes */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "name": "notebook",
                     *       "status": "running",
                     *       "processes": [
                     *         {
                     *           "status": "running",
                     *           "since": "2026-11-29T12:00:00.000Z",
                     *           "failures": 0,
                     *           "pid": 4242,
                     *           "shared_by": "session",
                     *           "holders": 1
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["ServerProcesses"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableContent"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    restartServer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Its name or id.
                 * @example calculator
                 */
                server: components["parameters"]["server"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The processes, which run again */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "name": "notebook",
                     *       "status": "running",
                     *       "processes": [
                     *         {
                     *           "status": "running",
                     *           "since": "2026-11-29T12:00:00.000Z",
                     *           "failures": 0,
                     *           "pid": 4242,
                     *           "shared_by": "session",
                     *           "holders": 1
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["ServerProcesses"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableContent"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    readServerLog: {
        parameters: {
            query?: {
                /** @description How many */
                lines?: number;
            };
            header?: never;
            path: {
                /**
                 * @description Its name or id.
                 * @example calculator
                 */
                server: components["parameters"]["server"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The lines */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "number": 1,
                     *           "at": "2026-11-29T12:00:00.000Z",
                     *           "text": "listening"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["ServerLog"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableContent"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getServerHealth: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Its name or id.
                 * @example calculator
                 */
                server: components["parameters"]["server"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The health */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "name": "calculator",
                     *       "status": "answers",
                     *       "answered_at": "2026-11-29T12:00:00.000Z",
                     *       "circuit": {
                     *         "state": "closed"
                     *       },
                     *       "waiting_for_input": 0,
                     *       "catalogue": [
                     *         {
                     *           "era": "modern",
                     *           "read_at": "2026-11-29T12:00:00.000Z",
                     *           "outdated": false
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["ServerHealth"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listRoles: {
        parameters: {
            query?: {
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["limit"];
                /** @description The `next_cursor` of the page before. */
                cursor?: components["parameters"]["cursor"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of roles */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "name": "engineering",
                     *           "scopes": [
                     *             "mcp",
                     *             "servers:read"
                     *           ],
                     *           "grants": [
                     *             "calculator"
                     *           ],
                     *           "keys": 40,
                     *           "created_at": "2026-11-29T12:00:00.000Z",
                     *           "created_by": "cli:ops@host",
                     *           "updated_at": "2026-11-29T12:00:00.000Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["RolePage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getRole: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The name of a role.
                 * @example engineering
                 */
                name: components["parameters"]["roleName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The role */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "name": "engineering",
                     *       "scopes": [
                     *         "mcp",
                     *         "servers:read"
                     *       ],
                     *       "grants": [
                     *         "calculator"
                     *       ],
                     *       "keys": 40,
                     *       "created_at": "2026-11-29T12:00:00.000Z",
                     *       "created_by": "cli:ops@host",
                     *       "updated_at": "2026-11-29T12:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Role"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    streamMessages: {
        parameters: {
            query?: {
                /** @description The server. Without it, all that the key may use are one, as at `/mcp` */
                server?: string;
                /** @description Only these, of all that the key may use, separated by commas */
                servers?: string[];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "jsonrpc": "2.0",
                 *       "id": 1,
                 *       "method": "ping"
                 *     }
                 */
                "application/x-ndjson": Record<string, never>;
            };
        };
        responses: {
            /** @description JSON-RPC messages; the schema is that of one line */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "jsonrpc": "2.0",
                     *       "id": 1,
                     *       "result": {}
                     *     }
                     */
                    "application/x-ndjson": Record<string, never>;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            508: components["responses"]["LoopDetected"];
        };
    };
    readLogLevel: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The level */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "level": "info"
                     *     }
                     */
                    "application/json": components["schemas"]["LogLevel"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    setLogLevel: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "level": "info"
                 *     }
                 */
                "application/json": components["schemas"]["LogLevel"];
            };
        };
        responses: {
            /** @description The level */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "level": "info"
                     *     }
                     */
                    "application/json": components["schemas"]["LogLevel"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    reportLeaked: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "candidates": [
                 *         "mcp_…"
                 *       ],
                 *       "url": "https://example.com/paste"
                 *     }
                 */
                "application/json": components["schemas"]["LeakReport"];
            };
        };
        responses: {
            /** @description The report was taken, and every key in it is dead */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "received": 1
                     *     }
                     */
                    "application/json": components["schemas"]["LeakReportTaken"];
                };
            };
            400: components["responses"]["BadRequest"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listKeys: {
        parameters: {
            query?: {
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["limit"];
                /** @description The `next_cursor` of the page before. */
                cursor?: components["parameters"]["cursor"];
                /** @description Inactive and deleted keys too */
                include_inactive?: boolean;
                /** @description Only keys with this tag, as team=search; repeatable: with all of them. */
                tag?: components["parameters"]["tag"];
                /** @description Only keys of this owner. */
                owner?: components["parameters"]["owner"];
                /** @description Only keys that are so now, and may be repeated; `include_inactive` has no meaning then */
                status?: ("active" | "inactive" | "expired" | "rotating" | "rotated" | "deleted" | "unusable")[];
                /** @description Only keys with this in their name, whatever the case */
                name?: string;
                /** @description Only keys with this grant, or with one for tools of this server, of their own or of their roles */
                grant?: string;
                /** @description Only keys with this role */
                role?: string;
                /** @description Only keys that were there by then, and that nobody has used since, RFC 3339 with a zone */
                unused_since?: string;
                /** @description Only keys that expire before, RFC 3339 with a zone */
                expires_before?: string;
                /** @description By age, by name, those that expire first, or those that were not used for the longest time */
                sort?: "created" | "name" | "expires" | "last-used";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of keys */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "id": "0197a1b2-0000-7000-8000-000000000001",
                     *           "name": "team",
                     *           "status": "active",
                     *           "scopes": [
                     *             "mcp",
                     *             "servers:read"
                     *           ],
                     *           "grants": [
                     *             "calculator:*"
                     *           ],
                     *           "created_at": "2026-11-29T12:00:00.000Z",
                     *           "created_by": "cli:ops@host",
                     *           "updated_at": "2026-11-29T12:00:00.000Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["KeyPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableContent"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of a key.
                 * @example 0197a1b2-0000-7000-8000-000000000001
                 */
                id: components["parameters"]["keyId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The key */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0197a1b2-0000-7000-8000-000000000001",
                     *       "name": "team",
                     *       "status": "active",
                     *       "scopes": [
                     *         "mcp",
                     *         "servers:read"
                     *       ],
                     *       "grants": [
                     *         "calculator:*"
                     *       ],
                     *       "created_at": "2026-11-29T12:00:00.000Z",
                     *       "created_by": "cli:ops@host",
                     *       "updated_at": "2026-11-29T12:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Key"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getKeyHistory: {
        parameters: {
            query?: {
                /** @description Only events of this type; repeatable. */
                type?: components["parameters"]["auditType"];
                /** @description Only what happened at this time or later, RFC 3339 with a zone. */
                since?: components["parameters"]["since"];
                /** @description Only what happened before this time, RFC 3339 with a zone. */
                until?: components["parameters"]["until"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["limit"];
                /** @description The `next_cursor` of the page before. */
                cursor?: components["parameters"]["cursor"];
            };
            header?: never;
            path: {
                /**
                 * @description The id of a key.
                 * @example 0197a1b2-0000-7000-8000-000000000001
                 */
                id: components["parameters"]["keyId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of events */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "revision": 0,
                     *           "type": "ApiKeyCreated",
                     *           "at": "2026-11-29T12:00:00.000Z",
                     *           "actor": "cli:ops@host",
                     *           "correlation_id": "0197a1b2-0000-7000-8000-000000000002",
                     *           "data": {
                     *             "name": "team"
                     *           }
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["KeyHistoryPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Health"];
            400: components["responses"]["BadRequest"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["Health"];
        };
    };
    getReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Health"];
            400: components["responses"]["BadRequest"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["Health"];
        };
    };
    getLiveness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Health"];
            400: components["responses"]["BadRequest"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    followEvents: {
        parameters: {
            query?: {
                /** @description Only these types, separated by commas; `gap`, `heartbeat` and the reason of an end come in any case */
                types?: ("mcp_server_started" | "mcp_server_stopped" | "mcp_server_circuit" | "mcp_server_process" | "mcp_server_log" | "mcp_tool_executed" | "mcp_message" | "system_health" | "key_changed" | "key_expires" | "key_refused" | "role_changed" | "server_changed" | "error")[];
                /** @description Only what happens to or on this server */
                server?: string;
                /** @description Whether `system_health` is sent, too, every 5 seconds; the same as to name it in `types` */
                include_system?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Feed"];
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    followHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Feed"];
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listCredentials: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Its name or id.
                 * @example calculator
                 */
                server: components["parameters"]["server"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The credentials, those of the oldest key first */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "key": {
                     *             "id": "0197a1b2-0000-7000-8000-000000000001",
                     *             "name": "team"
                     *           },
                     *           "header_names": [
                     *             "Authorization"
                     *           ],
                     *           "env_names": [],
                     *           "outdated": false
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Credentials"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    setCredential: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Its name or id.
                 * @example calculator
                 */
                server: components["parameters"]["server"];
                /**
                 * @description The id of a key.
                 * @example 0197a1b2-0000-7000-8000-000000000001
                 */
                id: components["parameters"]["keyId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "headers": {
                 *         "Authorization": "Bearer of-the-team"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["NewCredential"];
            };
        };
        responses: {
            /** @description What the key has now, by name */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "header_names": [
                     *         "Authorization"
                     *       ],
                     *       "env_names": []
                     *     }
                     */
                    "application/json": components["schemas"]["Credential"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableContent"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    removeCredential: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Its name or id.
                 * @example calculator
                 */
                server: components["parameters"]["server"];
                /**
                 * @description The id of a key.
                 * @example 0197a1b2-0000-7000-8000-000000000001
                 */
                id: components["parameters"]["keyId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: components["responses"]["Removed"];
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableContent"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listAuditEvents: {
        parameters: {
            query?: {
                /** @description The id of a key, or the name of a server */
                subject?: string;
                /** @description The name of a role, in the place of `subject` */
                role?: string;
                /** @description Only events of this type; repeatable. */
                type?: components["parameters"]["auditType"];
                /** @description The actor, exactly as events name it */
                actor?: string;
                /** @description Only what happened at this time or later, RFC 3339 with a zone. */
                since?: components["parameters"]["since"];
                /** @description Only what happened before this time, RFC 3339 with a zone. */
                until?: components["parameters"]["until"];
                /** @description The oldest first, or the newest */
                order?: "asc" | "desc";
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["limit"];
                /** @description The `next_cursor` of the page before. */
                cursor?: components["parameters"]["cursor"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of events */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "position": "42",
                     *           "id": "0197a1b2-0000-7000-8000-000000000003",
                     *           "category": "key",
                     *           "subject": "0197a1b2-0000-7000-8000-000000000001",
                     *           "revision": 0,
                     *           "type": "ApiKeyCreated",
                     *           "at": "2026-11-29T12:00:00.000Z",
                     *           "actor": "cli:ops@host",
                     *           "correlation_id": "0197a1b2-0000-7000-8000-000000000002",
                     *           "data": {
                     *             "name": "team"
                     *           }
                     *         }
                     *       ],
                     *       "next_cursor": "NDI"
                     *     }
                     */
                    "application/json": components["schemas"]["AuditEventPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listUnapprovedTools: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Its name or id.
                 * @example calculator
                 */
                server: components["parameters"]["server"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The tools, by name */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "name": "add",
                     *           "digest": "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
                     *           "why": "new"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["UnapprovedTools"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableContent"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    approveTools: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Its name or id.
                 * @example calculator
                 */
                server: components["parameters"]["server"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "tools": [
                 *         "add"
                 *       ],
                 *       "reason": "reviewed"
                 *     }
                 */
                "application/json": components["schemas"]["Approval"];
            };
        };
        responses: {
            /** @description The tools that are approved now and were not before */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "approved": [
                     *         {
                     *           "name": "add",
                     *           "digest": "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
                     *           "why": "new"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["ApprovedTools"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableContent"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listAllTools: {
        parameters: {
            query?: {
                /** @description Only these, by their names, separated by commas */
                servers?: string[];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The tools, by server */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "server": "calculator",
                     *           "exposed_name": "calculator__add",
                     *           "tool": {
                     *             "name": "add",
                     *             "inputSchema": {
                     *               "type": "object",
                     *               "properties": {
                     *                 "a": {
                     *                   "type": "number"
                     *                 },
                     *                 "b": {
                     *                   "type": "number"
                     *                 }
                     *               }
                     *             }
                     *           }
                     *         }
                     *       ],
                     *       "left_out": [],
                     *       "unanswered": []
                     *     }
                     */
                    "application/json": components["schemas"]["AllTools"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            508: components["responses"]["LoopDetected"];
        };
    };
}
