import type { FrontResponse } from '../front/frontResponse.ts';
import type { HttpProtocol } from '../httpProtocol.ts';
import { OTHER, statusLabel } from './callLabels.ts';
import type { Metric, Series } from './metric.ts';

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']);

/** Counts HTTP requests, as their answers end. The number of routes is that of the program’s own. */
export class RequestCounts {
  readonly #routes: Readonly<Record<HttpProtocol, Map<string, Map<string, Map<string, number>>>>> = {
    h1: new Map(),
    h2: new Map(),
  };

  /** Counts a request whose answer is over. */
  count({ route = OTHER, req, headersSent, statusCode, protocol }: FrontResponse): void {
    const method = METHODS.has(req.method ?? '') ? String(req.method) : OTHER;
    const status = statusLabel(headersSent ? statusCode : 0);
    const routes = this.#routes[protocol];
    let methods = routes.get(route);
    if (methods === undefined) routes.set(route, (methods = new Map<string, Map<string, number>>()));
    let statuses = methods.get(method);
    if (statuses === undefined) methods.set(method, (statuses = new Map<string, number>()));
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }

  get metrics(): readonly Metric[] {
    return [
      {
        name: 'metamcp_http_requests_total',
        type: 'counter',
        help: 'HTTP requests whose answers are over, by route; another one where there is nothing. The protocol is h1 for HTTP/1.1, and h2 for HTTP/2.',
        labels: ['route', 'method', 'status', 'protocol'],
        series: () => this.#series(),
      },
    ];
  }

  *#series(): Generator<Series> {
    for (const [protocol, routes] of Object.entries(this.#routes)) {
      for (const [route, methods] of routes) {
        for (const [method, statuses] of methods) {
          for (const [status, value] of statuses) yield { values: [route, method, status, protocol], value };
        }
      }
    }
  }
}
