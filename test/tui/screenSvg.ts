import { displayWidth } from '../../cli/output/width.ts';
import { DARK, type Scheme } from './scheme.ts';

/** How a piece of a line looks, as SGR sequences say (ECMA-48, 8.3.117). */
interface Look {
  readonly bold: boolean;
  readonly dim: boolean;
  readonly inverse: boolean;
  /** 1 to 6 of the palette; undefined: the terminal's own. */
  readonly colour: number | undefined;
}

const PLAIN: Look = { bold: false, dim: false, inverse: false, colour: undefined };

/** Of a character of the terminal, in units of the picture. */
const WIDTH = 8.4;
export const HEIGHT = 18;
export const MARGIN = 12;

/** Draws what a terminal shows, with its colours, as a picture. @param screen its lines, with SGR sequences */
export function screenSvg(screen: string, columns: number, title: string, scheme: Scheme = DARK): string {
  const { width, height } = screenSize(columns, linesOf(screen).length);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${text(title)}</title>`,
    `<rect width="100%" height="100%" rx="6" fill="${scheme.ground}"/>`,
    `<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14" xml:space="preserve">`,
    drawScreen(screen, MARGIN, scheme),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

/** The size of a screen's picture, in its units. */
export function screenSize(columns: number, rows: number): { readonly width: number; readonly height: number } {
  return { width: Math.ceil(columns * WIDTH + 2 * MARGIN), height: rows * HEIGHT + 2 * MARGIN };
}

/** Draws a screen's lines, one below the other. @param top where the first begins */
export function drawScreen(screen: string, top: number, scheme: Scheme): string {
  let look = PLAIN;
  const drawn = linesOf(screen).map((line, row) => {
    const [pieces, after] = piecesOf(line, look);
    look = after;
    return drawLine(pieces, top + row * HEIGHT, scheme);
  });
  return drawn.filter((each) => each !== '').join('\n');
}

function linesOf(screen: string): string[] {
  return screen.replace(/\n+$/, '').split('\n');
}

interface Piece {
  readonly text: string;
  readonly look: Look;
}

function piecesOf(line: string, begun: Look): readonly [Piece[], Look] {
  let look = begun;
  const pieces: Piece[] = [];
  // eslint-disable-next-line no-control-regex -- that is what is looked for
  for (const part of line.split(/(\u001b\[[\d;]*m)/)) {
    if (part.startsWith('\u001b')) look = part.slice(2, -1).split(';').map(Number).reduce(withSgr, look);
    else if (part !== '') pieces.push({ text: part, look });
  }
  return [pieces, look];
}

function withSgr(look: Look, code: number): Look {
  if (code === 0) return PLAIN;
  if (code === 1) return { ...look, bold: true };
  if (code === 2) return { ...look, dim: true };
  if (code === 7) return { ...look, inverse: true };
  if (code === 22) return { ...look, bold: false, dim: false };
  if (code === 27) return { ...look, inverse: false };
  if (code === 39) return { ...look, colour: undefined };
  return code > 30 && code < 37 ? { ...look, colour: code - 30 } : look;
}

function drawLine(pieces: readonly Piece[], y: number, scheme: Scheme): string {
  let column = 0;
  return pieces
    .map((piece) => {
      const x = MARGIN + column * WIDTH;
      const columns = displayWidth(piece.text);
      column += columns;
      return drawPiece(piece, { x, y, width: columns * WIDTH }, scheme);
    })
    .join('');
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

function drawPiece({ text: shown, look }: Piece, { x, y, width }: Place, scheme: Scheme): string {
  const { bold, dim, inverse } = look;
  const colour = scheme.colours[look.colour ?? 0] ?? scheme.text;
  const ground = inverse
    ? `<rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${HEIGHT}" fill="${colour}"/>`
    : '';
  if (shown.trim() === '') return ground;
  const style = `${bold ? ' font-weight="bold"' : ''}${dim ? ' opacity="0.6"' : ''}`;
  // The length is told, so that another font moves no column.
  const place = `x="${x.toFixed(1)}" y="${y + 13}" textLength="${width.toFixed(1)}" lengthAdjust="spacingAndGlyphs"`;
  return `${ground}<text ${place} fill="${inverse ? scheme.ground : colour}"${style}>${text(shown)}</text>`;
}

function text(raw: string): string {
  return raw.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll(' ', '\u00a0');
}
