import { styleText } from 'node:util';

// How the demo tells its story: plain text with a little colour where the terminal wants it.

let steps = 0;

export function step(title: string): void {
  steps += 1;
  console.log(`\n${styleText('bold', `${steps}. ${title}`)}`);
}

export function line(text: string): void {
  console.log(`   ${text}`);
}

/** Shows what a person would type. */
export function command(text: string): void {
  console.log(`   ${styleText('cyan', `$ ${text}`)}`);
}

/** Passes on what the example client tells. */
export function explain(text: string): void {
  console.log(`   ${text}`);
}

/** States what was seen. @throws Error when it was not */
export function check(seen: boolean, statement: string): void {
  if (!seen) throw new Error(`This is not so: ${statement}`);
  console.log(`   ${styleText('green', '✓')} ${statement}`);
}

export function done(text: string): void {
  console.log(`\n${styleText('green', '✓')} ${styleText('bold', text)}\n`);
}
