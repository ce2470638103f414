import { hash } from 'node:crypto';

const STYLE = `
:root { color-scheme: light dark; --text: #1b1f24; --quiet: #4a5360; --ground: #fff; --box: #f2f4f7; --line: #c9ced6; --link: #0b57d0; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e8eaed; --quiet: #b3bac4; --ground: #16191d; --box: #22272e; --line: #444c56; --link: #8ab4f8; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 1rem/1.6 system-ui, sans-serif; }
main { max-width: 46rem; margin: 0 auto; padding: 2rem 1.25rem 3rem; }
h1 { margin: 0; font-size: 1.75rem; line-height: 1.25; }
h2 { margin: 2rem 0 0.5rem; font-size: 1.2rem; }
p, ul { margin: 0.5rem 0; }
ul { padding-left: 1.25rem; }
a { color: var(--link); }
a:focus-visible, pre:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.quiet { color: var(--quiet); }
pre { margin: 0.5rem 0; padding: 0.75rem 1rem; overflow-x: auto; background: var(--box); border: 1px solid var(--line); border-radius: 6px; }
code { font: 0.9em/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
pre code { overflow-wrap: normal; }
.state { padding: 0.6rem 1rem; background: var(--box); border: 1px solid var(--line); border-left: 6px solid var(--line); border-radius: 6px; }
.up { border-left-color: #2e9e4f; }
.partly { border-left-color: #c98a00; }
.down { border-left-color: #d0342c; }
`;

/** What a page may do: show itself, with this one style, and nothing else (Content Security Policy Level 3). */
export const PAGE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${hash('sha256', STYLE, 'base64')}'`,
  // The icon that stands in the page itself, so that no browser asks for one.
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Makes a page of the gateway for people. @param main HTML: what comes from outside is escaped */
export function pageHtml(title: string, main: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<main>
${main}
</main>
</body>
</html>
`;
}

/** Writes a text so that HTML shows it as it is, in an attribute, too. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
