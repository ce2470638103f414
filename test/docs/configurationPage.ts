import type { Standard } from '../../src/settings/definition.ts';
import { ALL_DEFINITIONS, type Defined } from '../../src/settings/definedSettings.ts';

const INTRODUCTION = `# Settings

Every setting, as \`npm run -s docs\` writes it from [src/settings/definitions.ts](../src/settings/definitions.ts). A variable of the environment goes before one of
\`.env\` in the working directory, that before \`metamcp.toml\` (\`--config FILE\` or \`METAMCP_CONFIG\`), and that before the default. An empty variable counts as
one that is not set. Lists are separated by commas in a variable (\`a.example, b.example\`), and are lists in the file (\`["a.example", "b.example"]\`).

Each secret can stand in a file of its own: \`NAME_FILE\` names it, and goes before \`NAME\`.

A member of the file that does not exist ends the start; a variable that looks like a setting and is none is a warning in the log. What is
wrong is told in one go, with the value (never of a secret) and what is allowed. \`metamcp check\` shows the values that count, and tries them
([operating.md](operating.md#check-the-settings)).

What SIGHUP re-reads takes effect at once; everything else, at the next start ([operating.md](operating.md#change-settings-while-it-runs)).
`;

/** Writes docs/configuration.md as it must be, but for prettier’s alignment. */
export function configurationPage(): string {
  const rows = ALL_DEFINITIONS.map((definition) => {
    const { variable, member, type, meaning, isReread } = definition;
    const cells = [
      `\`${variable}\`${definition.secrecy === 'secret' ? ', `…_FILE`' : ''}`,
      member === undefined ? '' : `\`${member}\``,
      type.allowed + (type.unit === undefined ? '' : `, in ${type.unit === 's' ? 'seconds' : type.unit}`),
      standardOf(definition),
      meaning,
      isReread ? 'yes' : 'no',
    ];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  const head = ['variable', 'in the file', 'value', 'default', 'meaning', 'SIGHUP'];
  return [INTRODUCTION, `| ${head.join(' | ')} |`, `|${head.map(() => ' --- ').join('|')}|`, ...rows, ''].join('\n');
}

function standardOf({ standard, standardText }: Defined): string {
  if (standardText !== undefined) return standardText;
  const text = writtenStandard(standard);
  return text === '' ? 'none' : `\`${text}\``;
}

/** A default as a variable has it. */
function writtenStandard(standard: Standard | undefined): string {
  if (standard === true) return 'on';
  return standard === undefined ? '' : String(standard);
}

/** Where the part of .env.example ends that is written from the definitions. */
const OTHERS = '# With Docker (';

/** Writes .env.example as it must be. @param present the file; what concerns the compose files is kept */
export function envExample(present: string): string {
  const blocks = ALL_DEFINITIONS.map(({ variable, meaning, secrecy, standard, standardText }) => {
    const lines = wrapped(meaning + (standardText === undefined ? '' : ` (Default: ${standardText})`));
    const isFileShown = secrecy === 'secret' ? [`#${variable}_FILE=`] : [];
    return [...lines, `#${variable}=${writtenStandard(standard)}`, ...isFileShown].join('\n');
  });
  const head =
    '# Every setting with its default. Copy to .env, or set them in the environment; docs/configuration.md has their types.';
  return [head, ...blocks, present.slice(present.indexOf(OTHERS))].join('\n\n');
}

function wrapped(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length > 130) lines.push(`# ${word}`);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
