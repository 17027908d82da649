/** Completion scripts of the shells, from the commands and options there are. Pure text. */

export interface CommandWords {
  readonly name: string;
  readonly summary: string;
  /** Its arguments are ids of sessions. */
  readonly takesSessions: boolean;
  readonly options: readonly {
    readonly flag: string;
    readonly summary: string;
    readonly takesValue: boolean;
    readonly values: readonly string[];
  }[];
}

/** In single quotes, which every one of these shells reads as it stands. */
const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function bash(commands: readonly CommandWords[]): string {
  const cases = commands.map(({ name, takesSessions, options }) => {
    const words = [...options.map(({ flag }) => flag), ...(takesSessions ? ['last'] : [])];
    return `    ${name}) words=${quote(words.join(' '))} ;;`;
  });
  return `# bash completion for plumbline
_plumbline() {
  local word="\${COMP_WORDS[COMP_CWORD]}" words=""
  COMPREPLY=()
  local i
  for ((i = 1; i < COMP_CWORD; i++)); do
    # What stands behind -- is a command of its own.
    [[ "\${COMP_WORDS[i]}" == "--" ]] && { compopt -o default; return; }
  done
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W ${quote(commands.map(({ name }) => name).join(' '))} -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  ((\${#COMPREPLY[@]} == 0)) && compopt -o default
}
complete -F _plumbline plumbline`;
}

/** Within a word of _arguments, brackets and colons part things. */
const zshText = (text: string): string =>
  text.replaceAll(/[[\]:\\]/g, (sign) => `\\${sign}`).replaceAll('\n', ' ');

function zsh(commands: readonly CommandWords[]): string {
  const names = commands.map(({ name, summary }) => `    ${quote(`${name}:${zshText(summary)}`)}`);
  const cases = commands.map(({ name, takesSessions, options }) => {
    const specs = options.map(({ flag, summary, takesValue }) =>
      quote(`*${flag}[${zshText(summary)}]${takesValue ? ':value:_files' : ''}`),
    );
    const rest = quote(takesSessions ? '*:session:(last)' : '*:argument:_files');
    return `    ${name}) _arguments ${[...specs, rest].join(' ')} ;;`;
  });
  return `#compdef plumbline
_plumbline() {
  local -a commands=(
${names.join('\n')}
  )
  if ((CURRENT == 2)); then
    _describe 'command' commands
    return
  fi
  local command="\${words[2]}"
  shift words
  ((CURRENT--))
  case "$command" in
${cases.join('\n')}
  esac
}
compdef _plumbline plumbline`;
}

function fish(commands: readonly CommandWords[]): string {
  const lines = commands.flatMap(({ name, summary, takesSessions, options }) => {
    const within = `complete -c plumbline -n ${quote(`__fish_seen_subcommand_from ${name}`)}`;
    return [
      `complete -c plumbline -n __fish_use_subcommand -f -a ${name} -d ${quote(summary)}`,
      ...(takesSessions ? [`${within} -f -a last -d 'the session added last'`] : []),
      ...options.map(
        (option) =>
          `${within} -l ${option.flag.replace(/^--/, '')}${option.takesValue ? ' -r' : ''} -d ${quote(option.summary)}`,
      ),
    ];
  });
  return `# fish completion for plumbline\n${lines.join('\n')}`;
}

export const COMPLETIONS = { bash, zsh, fish } as const;
