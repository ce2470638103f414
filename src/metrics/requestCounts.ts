import type { FrontResponse } from '../front/frontResponse.ts';
import { OTHER, statusLabel } from './callLabels.ts';
import type { Metric, Series } from './metric.ts';

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']);

/** Counts HTTP requests, as their answers end. The number of routes is that of the program’s own. */
export class RequestCounts {
  readonly #routes = new Map<string, Map<string, Map<string, number>>>();

  /** Counts a request whose answer is over. */
  count({ route = OTHER, req, headersSent, statusCode }: FrontResponse): void {
    const method = METHODS.has(req.method ?? '') ? String(req.method) : OTHER;
    const status = statusLabel(headersSent ? statusCode : 0);
    let methods = this.#routes.get(route);
    if (methods === undefined) this.#routes.set(route, (methods = new Map<string, Map<string, number>>()));
    let statuses = methods.get(method);
    if (statuses === undefined) methods.set(method, (statuses = new Map<string, number>()));
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }

  get metrics(): readonly Metric[] {
    return [
      {
        name: 'metamcp_http_requests_total',
        type: 'counter',
        help: 'HTTP requests whose answers are over, by route; another one where there is nothing.',
        labels: ['route', 'method', 'status'],
        series: () => this.#series(),
      },
    ];
  }

  *#series(): Generator<Series> {
    for (const [route, methods] of this.#routes) {
      for (const [method, statuses] of methods) {
        for (const [status, value] of statuses) yield { values: [route, method, status], value };
      }
    }
  }
}
