import { shellWord } from '../../src/shellWord.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

// Each script asks `metamcp-cli __complete SHELL -- …`, so that it stays as it is when commands change. The
// first line of the answer is `files` where names of files fit, too; then comes `value<TAB>description`, one a line.

const BASH = (cli: string) => `# Completion of metamcp-cli in bash. For good: metamcp-cli completion bash >> ~/.bashrc
_metamcp_cli() {
  local line mode=
  COMPREPLY=()
  while IFS= read -r line; do
    if [ -z "$mode" ]; then mode=$line; else COMPREPLY+=("\${line%%$'\\t'*}"); fi
  done < <(${cli} __complete bash -- "\${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null)
  if [ "$mode" = files ]; then compopt -o default 2>/dev/null; fi
  return 0
}
complete -F _metamcp_cli metamcp-cli
`;

const ZSH = (cli: string) => `#compdef metamcp-cli
# Completion of metamcp-cli in zsh. For good: metamcp-cli completion zsh > a file _metamcp-cli in a folder of $fpath;
# or, after compinit: source <(metamcp-cli completion zsh)
_metamcp_cli() {
  local line mode=
  local -a candidates
  while IFS= read -r line; do
    if [[ -z $mode ]]; then mode=$line; continue; fi
    candidates+=("\${line%%$'\\t'*}:\${line#*$'\\t'}")
  done < <(${cli} __complete zsh -- "\${(@)words[2,CURRENT-1]}" "$QIPREFIX$PREFIX" 2>/dev/null)
  if (( \${#candidates} )); then _describe -V metamcp-cli candidates; fi
  if [[ $mode == files ]]; then _files; fi
}
if [[ $funcstack[1] == _metamcp-cli ]]; then _metamcp_cli "$@"; else compdef _metamcp_cli metamcp-cli; fi
`;

const FISH = (
  cli: string,
) => `# Completion of metamcp-cli in fish. For good: metamcp-cli completion fish > ~/.config/fish/completions/metamcp-cli.fish
function __metamcp_cli_complete
    set -l words (commandline -opc) (string unescape -- (commandline -ct); or commandline -ct)
    set -l answer (${cli} __complete fish -- $words[2..-1] 2>/dev/null)
    if test "$answer[1]" = files
        __fish_complete_path (commandline -ct)
    else if set -q answer[2]
        printf '%s\\n' $answer[2..-1]
    end
end
complete -c metamcp-cli -f -a '(__metamcp_cli_complete)'
`;

const SCRIPTS: Readonly<Record<Shell, (cli: string) => string>> = { bash: BASH, zsh: ZSH, fish: FISH };

/** Writes the script that a shell has to read. @param words start the CLI, in any folder */
export function completionScript(shell: Shell, words: readonly string[]): string {
  return SCRIPTS[shell](words.map(shellWord).join(' '));
}
