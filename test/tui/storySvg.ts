import { DARK } from './scheme.ts';
import { drawScreen, HEIGHT, MARGIN, screenSize } from './screenSvg.ts';

/** What both terminals of a recording show from one moment to the next. */
export interface Frame {
  readonly seconds: number;
  /** Their lines, with SGR sequences. */
  readonly shell: string;
  readonly tui: string;
}

const BAR = '#2b313c';
const QUIET = '#9aa5b5';
const BAR_HEIGHT = 24;

/**
 * Draws a recording as a picture that moves by CSS alone, without end. A pane is drawn anew only where it has changed. Whoever
 * wants no motion (Media Queries 5, prefers-reduced-motion), or shows no animation, sees the last frame.
 */
export function storySvg(
  frames: readonly Frame[],
  { columns, rows, title }: { columns: number; rows: { shell: number; tui: number }; title: string },
): string {
  const total = Number(frames.reduce((sum, { seconds }) => sum + seconds, 0).toFixed(2));
  const { width } = screenSize(columns, 0);
  const paneHeight = (lines: number) => BAR_HEIGHT + 2 * MARGIN + lines * HEIGHT;
  const height = paneHeight(rows.shell) + paneHeight(rows.tui);
  const styles: string[] = [];
  const pane = (name: 'shell' | 'tui', label: string, top: number) => {
    const layers = layersOf(frames, name).map(({ screen, from, to }, at, all) => {
      const id = `${name}${at}`;
      const last = at === all.length - 1;
      const percent = (seconds: number) => `${((seconds / total) * 100).toFixed(2)}%`;
      const hidden = '{visibility:hidden}';
      const shown = '{visibility:visible}';
      styles.push(
        `@keyframes ${id}{0%${from === 0 ? shown : hidden}${percent(from)}${shown}${last ? '' : `${percent(to)}${hidden}`}100%${last ? shown : hidden}}`,
        `#${id}{visibility:${last ? 'visible' : 'hidden'};animation:${id} ${total}s step-end infinite}`,
      );
      return `<g id="${id}">${drawScreen(screen, top + BAR_HEIGHT + MARGIN, DARK)}</g>`;
    });
    return [
      `<rect y="${top}" width="${width}" height="${BAR_HEIGHT}" fill="${BAR}"/>`,
      `<text x="${MARGIN}" y="${top + 16}" fill="${QUIET}" font-size="12">${label}</text>`,
      ...layers,
    ];
  };
  const panes = [
    ...pane('shell', 'a shell', 0),
    ...pane('tui', './metamcp-cli: the terminal interface', paneHeight(rows.shell)),
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${title}</title>`,
    `<style>${styles.join('')}@media (prefers-reduced-motion:reduce){g{animation:none!important}}</style>`,
    `<clipPath id="all"><rect width="${width}" height="${height}" rx="8"/></clipPath>`,
    `<g clip-path="url(#all)" font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14" xml:space="preserve">`,
    `<rect width="${width}" height="${height}" fill="${DARK.ground}"/>`,
    ...panes,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

/** The different screens of a pane in their order, each with the seconds at which it comes and goes. */
function layersOf(frames: readonly Frame[], name: 'shell' | 'tui') {
  const layers: { screen: string; from: number; to: number }[] = [];
  let at = 0;
  for (const { seconds, [name]: screen } of frames) {
    const last = layers.at(-1);
    if (last?.screen === screen) last.to = at + seconds;
    else layers.push({ screen, from: at, to: at + seconds });
    at += seconds;
  }
  return layers;
}
