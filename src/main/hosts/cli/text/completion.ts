/** Completion scripts of the shells, from the commands and options there are, and what options may be set to. Pure text. */

/** What completes a value: some words, with files beside them or not, or the sessions of the library. */
export type Completed =
  | { readonly kind: 'words'; readonly words: readonly string[]; readonly orFile: boolean }
  | { readonly kind: 'sessions' };

export interface CommandWords {
  readonly name: string;
  readonly summary: string;
  /** Of its arguments. */
  readonly completed: Completed;
  readonly options: readonly {
    readonly flag: string;
    readonly summary: string;
    /** Null where it takes no value. */
    readonly completed: Completed | null;
  }[];
}

export const FILES: Completed = { kind: 'words', words: [], orFile: true };

/** Asked of the program when a session is to be completed: the library is another one by then. */
const LIST_SESSIONS = 'plumbline list --ids 2>/dev/null';

/** In single quotes, which every one of these shells reads as it stands. */
const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function bash(commands: readonly CommandWords[]): string {
  const values = Object.entries(
    Object.groupBy(
      commands.flatMap(({ name, options }) =>
        options.flatMap(({ flag, completed }) =>
          completed === null ? [] : [{ place: `${name}:${flag}`, answer: bashAnswer(completed) }],
        ),
      ),
      ({ answer }) => answer,
    ),
  ).map(
    ([answer, places = []]) => `    ${places.map(({ place }) => place).join('|')}) ${answer} ;;`,
  );
  const cases = commands.map(({ name, completed, options }) => {
    const flags = options.map(({ flag }) => flag).join(' ');
    return `    ${name}) if [[ "$word" == -* ]]; then words=${quote(flags)}; else ${bashAnswer(completed)}; fi ;;`;
  });
  return `# bash completion for plumbline
_plumbline() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD - 1]}" words="" files=""
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
  case "\${COMP_WORDS[1]}:$before" in
${values.join('\n')}
    *) case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  [[ -n "$files" ]] && compopt -o default
}
complete -F _plumbline plumbline`;
}

/** Sets what is offered. Where files are and no word fits, the shell's own completion of them comes in. */
const bashAnswer = (completed: Completed): string =>
  completed.kind === 'sessions'
    ? `words="last $(${LIST_SESSIONS})"`
    : `words=${quote(completed.words.join(' '))}${completed.orFile ? ' files=1' : ''}`;

/** Within a word of _arguments, brackets and colons part things. */
const zshText = (text: string): string =>
  text.replaceAll(/[[\]:\\]/g, (sign) => `\\${sign}`).replaceAll('\n', ' ');

function zsh(commands: readonly CommandWords[]): string {
  const names = commands.map(({ name, summary }) => `    ${quote(`${name}:${zshText(summary)}`)}`);
  const cases = commands.map(({ name, completed, options }) => {
    const specs = options.map(({ flag, summary, completed }) =>
      quote(
        `*${flag}[${zshText(summary)}]${completed === null ? '' : `:value:${zshAction(completed)}`}`,
      ),
    );
    const rest = quote(`*:argument:${zshAction(completed)}`);
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

function zshAction(completed: Completed): string {
  if (completed.kind === 'sessions') return `{compadd -- last \${(f)"$(${LIST_SESSIONS})"}}`;
  const { words, orFile } = completed;
  if (words.length === 0) return orFile ? '_files' : ' ';
  return `{compadd -- ${words.join(' ')}${orFile ? '; _files' : ''}}`;
}

function fish(commands: readonly CommandWords[]): string {
  const lines = commands.flatMap(({ name, summary, completed, options }) => {
    const within = `complete -c plumbline -n ${quote(`__fish_seen_subcommand_from ${name}`)}`;
    return [
      `complete -c plumbline -n __fish_use_subcommand -f -a ${name} -d ${quote(summary)}`,
      ...(completed === FILES ? [] : [`${within} ${fishAnswer(completed)}`]),
      ...options.map(
        (option) =>
          `${within} -l ${option.flag.replace(/^--/, '')}${option.completed === null ? '' : ` -r ${fishAnswer(option.completed)}`} -d ${quote(option.summary)}`,
      ),
    ];
  });
  return `# fish completion for plumbline\n${lines.join('\n')}`;
}

function fishAnswer(completed: Completed): string {
  if (completed.kind === 'sessions') return `-f -a ${quote(`last (${LIST_SESSIONS})`)}`;
  const { words, orFile } = completed;
  return [orFile ? '-F' : '-f', ...(words.length > 0 ? [`-a ${quote(words.join(' '))}`] : [])].join(
    ' ',
  );
}

export const COMPLETIONS = { bash, zsh, fish } as const;
