/** Rows of one page: more than a screen shows, so that paging by screens asks once. */
export const PAGE = 100;
/** Pages kept: the ones around the cursor, so that memory stays flat however long the list is. */
const KEPT = 6;

/** A list of which only the pages near the cursor are in memory. Rows are counted from 0. */
export interface Window<Row> {
  readonly filter: string;
  /** Undefined until the first page has come. */
  readonly total: number | undefined;
  readonly cursor: number;
  /** The first row shown. */
  readonly top: number;
  readonly pages: ReadonlyMap<number, readonly Row[]>;
  /** Pages of the newest generation; others are shown until they are read again. */
  readonly fresh: ReadonlySet<number>;
  /** Pages that are being read. */
  readonly pending: ReadonlySet<number>;
  /** The rows in memory are of the list with this filter: the cursor stays on its row. */
  readonly isSameList: boolean;
  /** Counts the readings of the list; pages of older generations are not mixed in. */
  readonly generation: number;
}

/** A page to be read. */
export interface PageQuery {
  readonly filter: string;
  readonly page: number;
  readonly generation: number;
}

/** A page that was read. */
export interface PageRead<Row> extends PageQuery {
  readonly rows: readonly Row[];
  readonly total: number;
}

/** Makes a list that has read nothing yet. */
export function emptyWindow<Row>(): Window<Row> {
  return {
    filter: '',
    total: undefined,
    cursor: 0,
    top: 0,
    pages: new Map(),
    fresh: new Set(),
    pending: new Set(),
    isSameList: false,
    generation: 0,
  };
}

/** The row at an index; undefined while it is not in memory, or when there is none. */
export function rowAt<Row>({ pages }: Window<Row>, index: number): Row | undefined {
  return pages.get(Math.floor(index / PAGE))?.[index % PAGE];
}

/** The row under the cursor. */
export function rowAtCursor<Row>(window: Window<Row>): Row | undefined {
  return rowAt(window, window.cursor);
}

/** Moves the cursor to a row, and what is shown with it. */
export function moveTo<Row>(window: Window<Row>, index: number, height: number): Window<Row> {
  const last = Math.max(0, (window.total ?? 1) - 1);
  const cursor = Math.min(Math.max(0, index), last);
  const top = Math.min(Math.max(window.top, cursor - height + 1), cursor);
  return { ...window, cursor, top: Math.min(top, Math.max(0, last - height + 1)) };
}

/** Starts the list again with another filter. */
export function filterBy<Row>(window: Window<Row>, filter: string): Window<Row> {
  return { ...anew(window), filter, cursor: 0, top: 0, isSameList: false };
}

/** Names the pages that the screen needs and that are not being read yet, and notes that they are. */
export function readPages<Row>(window: Window<Row>, height: number): readonly [Window<Row>, readonly PageQuery[]] {
  const missing = pagesShown(window, height).filter((page) => !window.fresh.has(page) && !window.pending.has(page));
  return withPending(window, missing);
}

/** Reads again what is shown: the rows stay until the new ones are there. */
export function readPagesAgain<Row>(window: Window<Row>, height: number): readonly [Window<Row>, readonly PageQuery[]] {
  const shown = new Set(pagesShown(window, height));
  const pages = new Map([...window.pages].filter(([page]) => shown.has(page)));
  return withPending({ ...anew(window), pages }, [...shown]);
}

/** Starts a generation: nothing is fresh. */
function anew<Row>(window: Window<Row>): Window<Row> {
  return { ...window, fresh: new Set(), pending: new Set(), generation: window.generation + 1 };
}

function withPending<Row>(
  window: Window<Row>,
  missing: readonly number[],
): readonly [Window<Row>, readonly PageQuery[]] {
  if (missing.length === 0) return [window, []];
  const { filter, generation } = window;
  return [
    { ...window, pending: new Set([...window.pending, ...missing]) },
    missing.map((page) => ({ filter, page, generation })),
  ];
}

function pagesShown<Row>({ top, total }: Window<Row>, height: number): number[] {
  const last = Math.min(top + height - 1, Math.max(0, (total ?? 1) - 1));
  const first = Math.floor(top / PAGE);
  return Array.from({ length: Math.floor(last / PAGE) - first + 1 }, (_, at) => first + at);
}

/** Takes a page in. The cursor stays on its row when rows came or went before it. */
export function takePage<Row>(
  window: Window<Row>,
  read: PageRead<Row>,
  height: number,
  idOf: (row: Row) => string,
): Window<Row> {
  const isNewest = read.generation === window.generation;
  // A page of an older generation is better than none: changes may come faster than pages.
  if (!isNewest && (read.filter !== window.filter || window.fresh.has(read.page))) return window;
  const before = rowAtCursor(window);
  const others = [...window.pages].filter(([page]) => page !== read.page && page * PAGE < read.total);
  const near = others.sort(([a], [b]) => Math.abs(a - read.page) - Math.abs(b - read.page)).slice(0, KEPT - 1);
  const pending = isNewest ? new Set([...window.pending].filter((page) => page !== read.page)) : window.pending;
  const pages = new Map([...near, [read.page, read.rows] as const]);
  const fresh = new Set([...window.fresh, ...(isNewest ? [read.page] : [])].filter((page) => pages.has(page)));
  const next = { ...window, total: read.total, pages, fresh, pending, isSameList: true };
  if (!window.isSameList) return moveTo(next, next.cursor, height);
  const place = before === undefined ? -1 : read.rows.findIndex((row) => idOf(row) === idOf(before));
  if (place === -1) return moveTo(next, next.cursor, height);
  const cursor = read.page * PAGE + place;
  const shift = cursor - window.cursor;
  return moveTo({ ...next, top: Math.max(0, window.top + shift) }, cursor, height);
}

/** Forgets what is in memory: the list is another one now. */
export function emptied<Row>(window: Window<Row>): Window<Row> {
  return { ...filterBy(window, window.filter), pages: new Map(), total: undefined };
}
