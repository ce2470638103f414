import { withCliName } from '../../src/cliName.ts';
import type { Surroundings } from '../surroundings.ts';
import { jsonText } from './jsonText.ts';
import { createPaint, type Paint } from './paint.ts';
import { openPipe } from './pipe.ts';
import { createTimes, type Times } from './times.ts';
import { layOutTable, type Cell, type Column } from './table.ts';

/** A list, page by page, and how one row looks. */
export interface List<Row> {
  readonly pages: AsyncIterable<readonly Row[]>;
  readonly toJson: (row: Row) => object;
  readonly columns: readonly Column[];
  readonly toCells: (row: Row) => readonly Cell[];
  /** Stands in place of a table without rows. */
  readonly empty: string;
  /** What follows the last row of a table. (Default: nothing) */
  readonly end?: () => string;
}

/** Where a command's answer goes: with `--json` one document on stdout, else text for people. */
export interface Output {
  readonly json: boolean;
  /** Columns of the terminal; infinite when stdout is no terminal, so that scripts get uncut lines. */
  readonly width: number;
  readonly paint: Paint;
  readonly times: Times;
  /** True once stdout has received something of the answer. */
  readonly answered: boolean;
  /** Writes the answer. @throws PipeClosed */
  answer(document: object, text: () => string): Promise<void>;
  /** Writes a text for programs, which stays as it is, or with `--json` the document. @throws PipeClosed */
  answerVerbatim(document: object, text: string): Promise<void>;
  /** Writes a list as its pages come, so that memory stays flat. @throws PipeClosed; what the pages throw */
  answerList<Row>(list: List<Row>): Promise<void>;
  /** Writes a warning to stderr. */
  warn(text: string): void;
}

type OutputOptions = Pick<Surroundings, 'stdout' | 'stderr' | 'env' | 'programName'> & { readonly json: boolean };

/** Opens the output of one command. */
export function openOutput({ stdout, stderr, env, json, programName }: OutputOptions): Output {
  const pipe = openPipe(stdout);
  const paint = createPaint(stdout, env);
  const paintNotes = createPaint(stderr, env);
  const width = widthOf(env['COLUMNS'], stdout.columns);
  let answered = false;

  async function write(text: string): Promise<void> {
    answered = true;
    await pipe.write(text);
  }

  /** What programs read names the CLI as it is installed. */
  const writeText = (text: string): Promise<void> => write(withCliName(text, programName));

  async function answerJsonList<Row>({ pages, toJson }: List<Row>): Promise<void> {
    let before = '[';
    for await (const page of pages) {
      let text = '';
      for (const row of page) {
        text += `${before}\n${jsonText(toJson(row))}`;
        before = ',';
      }
      if (text !== '') await write(text);
    }
    await write(before === '[' ? '[]\n' : '\n]\n');
  }

  async function answerTable<Row>({ pages, columns, toCells, empty, end }: List<Row>): Promise<void> {
    let row: ((cells: readonly Cell[]) => string) | undefined;
    for await (const page of pages) {
      const cells = page.map(toCells);
      if (cells.length === 0) continue;
      const lines: string[] = [];
      if (row === undefined) {
        const table = layOutTable(columns, cells, { width, paint });
        lines.push(table.header);
        row = table.row;
      }
      for (const line of cells) lines.push(row(line));
      await writeText(`${lines.join('\n')}\n`);
    }
    if (row === undefined) await writeText(`${empty}\n`);
    else if (end !== undefined) await writeText(`${end()}\n`);
  }

  return {
    json,
    width,
    paint,
    times: createTimes(stdout.isTTY === true),
    get answered() {
      return answered;
    },
    answer: (document, text) => (json ? write(`${jsonText(document)}\n`) : writeText(`${text()}\n`)),
    answerVerbatim: (document, text) => write(`${json ? jsonText(document) : text}\n`),
    answerList: (list) => (json ? answerJsonList(list) : answerTable(list)),
    warn: (text) => void stderr.write(`${paintNotes('yellow', 'warning:')} ${withCliName(text, programName)}\n`),
  };
}

function widthOf(setting: string | undefined, columns: number | undefined): number {
  const width = Number(setting);
  if (Number.isInteger(width) && width > 0) return width;
  return columns !== undefined && columns > 0 ? columns : Infinity;
}
