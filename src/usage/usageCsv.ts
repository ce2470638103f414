import { ERROR_KINDS } from './errorKind.ts';
import { usageDocument } from './usageDocument.ts';
import type { UsageRow } from './usageQueries.ts';

const HEADER = [
  'time',
  'key_id',
  'server',
  'method',
  'tool',
  'calls',
  'failed',
  ...ERROR_KINDS.map((kind) => `errors_${kind}`),
  'bytes_in',
  'bytes_out',
  'latency_p50_ms',
  'latency_p95_ms',
  'latency_p99_ms',
  'last_used_at',
  'outcomes',
];

/** Writes counts as CSV with a header (RFC 4180). */
export function usageCsv(rows: readonly UsageRow[]): string {
  return [HEADER, ...rows.map(fieldsOf)].map((fields) => `${fields.map(quote).join(',')}\r\n`).join('');
}

function fieldsOf(row: UsageRow): (string | number | undefined)[] {
  const {
    time,
    key_id,
    server,
    method,
    tool,
    calls,
    failed,
    errors,
    bytes_in,
    bytes_out,
    latency_ms,
    last_used_at,
    outcomes,
  } = usageDocument(row);
  return [
    time,
    key_id,
    server,
    method,
    tool,
    calls,
    failed,
    ...ERROR_KINDS.map((kind) => errors[kind]),
    bytes_in,
    bytes_out,
    latency_ms?.p50,
    latency_ms?.p95,
    latency_ms?.p99,
    last_used_at,
    // The last one, so that the columns before it keep their places.
    Object.entries(outcomes)
      .map(([code, count]) => `${code}=${count}`)
      .join(' '),
  ];
}

function quote(value: string | number | undefined = ''): string {
  if (typeof value === 'number') return String(value);
  // Spreadsheets run a cell that begins so, and clients choose the names of tools (OWASP, CSV Injection).
  const text = /^[=+\-@]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
