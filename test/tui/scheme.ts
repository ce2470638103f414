/** What a terminal makes of text without colours of its own, and of the colours 1 to 6 of the palette (ECMA-48, SGR 31 to 36). */
export interface Scheme {
  readonly ground: string;
  readonly text: string;
  readonly colours: Readonly<Record<number, string>>;
}

export const DARK: Scheme = {
  ground: '#1e222a',
  text: '#d8dee9',
  colours: { 1: '#f07178', 2: '#a3d977', 3: '#f2c66d', 4: '#7aa2f7', 5: '#c792ea', 6: '#7fd5d5' },
};

/** As the Terminal of macOS has it in its profile Basic: of the usual light ones the palest. */
export const LIGHT: Scheme = {
  ground: '#ffffff',
  text: '#000000',
  colours: { 1: '#990000', 2: '#00a600', 3: '#999900', 4: '#0000b2', 5: '#b200b2', 6: '#00a6b2' },
};

/** How far the colours of two texts or grounds are apart, from 1 to 21 (WCAG 2.2, contrast ratio). */
export function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** WCAG 2.2, relative luminance. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
