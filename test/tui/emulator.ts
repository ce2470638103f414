import { createRequire } from 'node:module';
import type { IBufferCell, Terminal } from '@xterm/headless';

// The package is CommonJS, whose names Node does not see.
const xterm = createRequire(import.meta.url)('@xterm/headless') as { readonly Terminal: typeof Terminal };

/** How one character of the screen looks. */
export interface Cell {
  /** Empty behind a character of two columns. */
  readonly text: string;
  /** 0 to 255 of the palette; undefined: the terminal's own. */
  readonly colour: number | undefined;
  readonly background: number | undefined;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly inverse: boolean;
}

/** A terminal that is looked into instead of at. */
export interface Emulator {
  readonly columns: number;
  readonly rows: number;
  /** Takes what a program has written. */
  write(text: string): Promise<void>;
  /** The lines of the screen, without the spaces at their ends. */
  lines(): string[];
  /** The characters of a line, as many as the screen has columns. */
  cells(row: number): Cell[];
  /** Lines that go on in the next one, since they were longer than the screen is wide. */
  wrapped(): number[];
  isAlternate(): boolean;
  resize(columns: number, rows: number): void;
}

/** Opens a terminal of this size, empty. */
export function openEmulator(columns: number, rows: number): Emulator {
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 0 });
  const buffer = () => terminal.buffer.active;
  const lineAt = (row: number) => buffer().getLine(buffer().viewportY + row);
  const all = <T>(of: (row: number) => T): T[] => Array.from({ length: terminal.rows }, (_, row) => of(row));
  return {
    get columns() {
      return terminal.cols;
    },
    get rows() {
      return terminal.rows;
    },
    write: (text) => new Promise((resolve) => terminal.write(text, resolve)),
    lines: () => all((row) => lineAt(row)?.translateToString().trimEnd() ?? ''),
    cells: (row) =>
      Array.from({ length: terminal.cols }, (_, column) => {
        const cell = lineAt(row)?.getCell(column);
        if (cell === undefined) throw new Error(`there is no line ${row}`);
        return cellOf(cell);
      }),
    wrapped: () => all((row) => row).filter((row) => lineAt(row)?.isWrapped === true),
    isAlternate: () => buffer().type === 'alternate',
    resize: (width, height) => terminal.resize(width, height),
  };
}

function cellOf(cell: IBufferCell): Cell {
  return {
    text: cell.getWidth() === 0 ? '' : cell.getChars() || ' ',
    colour: cell.isFgDefault() ? undefined : cell.getFgColor(),
    background: cell.isBgDefault() ? undefined : cell.getBgColor(),
    bold: cell.isBold() !== 0,
    dim: cell.isDim() !== 0,
    inverse: cell.isInverse() !== 0,
  };
}
