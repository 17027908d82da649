/**
 * The terminal surface: one line per command. Only the command that was asked for is loaded; of the others the name and
 * the summary here are all that help shows.
 */
import type { Command } from 'commander';
import type { Output } from '../output';
import { WIDTH } from '../text/columns';

type Register = (program: Command, output: Output) => void;

interface CommandFile {
  /** Each command that the file registers, with its summary. */
  readonly summaries: Readonly<Record<string, string>>;
  load(): Promise<Register>;
}

/** In the order help shows them. */
const COMMAND_FILES: readonly CommandFile[] = [
  {
    summaries: { record: 'record the bundled GPT-2, a command, or a running process' },
    load: async () => (await import('./record')).registerRecord,
  },
  {
    summaries: { workloads: 'list the saved workloads; "record --run NAME" runs one' },
    load: async () => (await import('./workloads')).registerWorkloads,
  },
  {
    summaries: {
      list: 'list the sessions, the last that was added first, or those that a search finds',
    },
    load: async () => (await import('./list')).registerList,
  },
  {
    summaries: {
      show: 'show one session: budget beside measurement, residual, findings',
      compare: 'compare sessions with the first one given, or with another of them',
      report: 'write a self-contained report of one session, or one comparing several',
    },
    load: async () => (await import('./sessions')).registerSessions,
  },
  {
    summaries: {
      rename: 'give a session another name',
      tag: 'put tags on a session, take them off, or print them',
      note: 'write a note on a session, or print it',
    },
    load: async () => (await import('./words')).registerWords,
  },
  {
    summaries: {
      learned: 'what the sessions tell of this machine that no theory knows; --forget drops it',
    },
    load: async () => (await import('./learned')).registerLearned,
  },
  {
    summaries: {
      delete: 'delete sessions into the trash; with --now for good',
      restore: 'take sessions out of the trash again, or list what is there',
    },
    load: async () => (await import('./trash')).registerTrash,
  },
  {
    summaries: {
      invert:
        'infer batch, sequence, precision and optimizer from a trace alone, for a known model; other options are settings that are certain',
    },
    load: async () => (await import('./invert')).registerInvert,
  },
  {
    summaries: {
      export:
        "write a session's samples as CSV, JSON, JSON Lines or a Chrome trace (Perfetto), the session file itself, or the file it was imported from as it came (raw)",
    },
    load: async () => (await import('./export')).registerExport,
  },
  {
    summaries: {
      import:
        "import output of nvidia-smi, PyTorch's snapshots and traces, exporters' text, trackers' metrics, or a session file",
    },
    load: async () => (await import('./import')).registerImport,
  },
  {
    summaries: { budget: 'predict the memory of a run, by component and phase' },
    load: async () => (await import('./budget')).registerBudget,
  },
  {
    summaries: {
      flops: 'count the floating-point operations of a batch, by operation, and time them on a GPU',
    },
    load: async () => (await import('./flops')).registerFlops,
  },
  {
    summaries: { plan: 'which GPUs hold a run, how large it may be, and what would make it fit' },
    load: async () => (await import('./plan')).registerPlan,
  },
  {
    summaries: { models: 'list the models known by name' },
    load: async () => (await import('./models')).registerModels,
  },
  {
    summaries: {
      scaling: 'scaling laws: the best model and data for a budget, or how a model stands',
    },
    load: async () => (await import('./scaling')).registerScaling,
  },
  {
    summaries: {
      chapter: 'the chapter behind the theory: every figure it prints, recomputed and judged',
    },
    load: async () => (await import('./chapter')).registerChapter,
  },
  {
    summaries: {
      experiment: "the chapter's exercises and tables worked out, and run where this machine can",
    },
    load: async () => (await import('./experiment')).registerExperiment,
  },
  {
    summaries: {
      logits:
        "print what the bundled model computes for given tokens: the logits after the last (GPT-2); the state of one of them, the pooler's output and, with a head for masked words, the logits there (BERT, DistilBERT)",
    },
    load: async () => (await import('./logits')).registerLogits,
  },
  {
    summaries: {
      doctor: 'tell what this machine can measure, how often, and what stands in the way',
    },
    load: async () => (await import('./doctor')).registerDoctor,
  },
  {
    summaries: {
      settings: 'what is set for the library (rate, flag limits, trash, units, paths), or set it',
    },
    load: async () => (await import('./settings')).registerSettings,
  },
  {
    summaries: {
      serve: 'open the app in a browser: for remote machines, and where Electron cannot be had',
    },
    load: async () => (await import('./serve')).registerServe,
  },
  {
    summaries: {
      demo: 'record the bundled GPT-2 twice, generating and training, and write reports',
    },
    load: async () => (await import('./demo')).registerDemo,
  },
  {
    summaries: {
      completion: 'print what makes a shell complete commands, options, their values and sessions',
    },
    load: async () => {
      const { registerCompletion } = await import('./completion');
      return (program, output) => registerCompletion(program, output, registerAll);
    },
  },
];

/** Every command with all its options: for what describes the surface itself. */
export async function registerAll(program: Command, output: Output): Promise<void> {
  const summaries: Readonly<Record<string, string>> = Object.assign(
    {},
    ...COMMAND_FILES.map((file) => file.summaries),
  );
  program.enablePositionalOptions();
  for (const { load } of COMMAND_FILES) (await load())(program, output);
  for (const command of program.commands) {
    command.description(summaries[command.name()] ?? command.description());
    settle(command);
  }
}

/** `args`: what was given behind the program's name. */
export async function registerCommands(
  program: Command,
  output: Output,
  args: readonly string[],
): Promise<void> {
  const [first, second] = args.filter((arg) => !arg.startsWith('-'));
  const asked = first === 'help' ? second : first;
  for (const { summaries, load } of COMMAND_FILES) {
    if (asked !== undefined && Object.hasOwn(summaries, asked)) (await load())(program, output);
    else for (const name of Object.keys(summaries)) program.command(name);
    for (const command of program.commands)
      command.description(summaries[command.name()] ?? command.description());
  }
  // Subcommands made before a setting do not inherit it: every failure must reach the one place that prints it.
  for (const command of program.commands) settle(command);
}

function settle(command: Command): void {
  command
    .exitOverride()
    .configureOutput({ writeErr: () => {}, getOutHelpWidth: () => WIDTH })
    .configureHelp({ minWidthToWrap: 10 })
    .option('--json', 'print one JSON document and nothing else');
  for (const own of command.commands) settle(own);
}
