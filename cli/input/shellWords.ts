/** Splits what was typed so far as a shell would; the last word is the one under the cursor, perhaps empty. */
export function shellWords(line: string): string[] {
  const words: string[] = [];
  let word = '';
  let quote: string | undefined;
  for (let at = 0; at < line.length; at += 1) {
    const character = line.charAt(at);
    if (character === '\\' && quote !== "'") word += line.charAt((at += 1));
    else if (character === quote) quote = undefined;
    else if (quote !== undefined) word += character;
    else if (character === '"' || character === "'") quote = character;
    else if (!/\s/.test(character)) word += character;
    else if (word !== '' || /["']/.test(line.charAt(at - 1))) {
      words.push(word);
      word = '';
    }
  }
  return [...words, word];
}
