/** `plumbline completion SHELL`: a script that completes commands, options, their values and sessions, made from the commands themselves. */
import { Command } from 'commander';
import { Failure } from '../../../../shared/base/failure';
import type { Output } from '../output';
import { COMPLETIONS, type CommandWords } from '../text/completion';
import { completedArgument, completedOption } from './completed-values';

const HELP = `
For bash, in ~/.bashrc:          eval "$(plumbline completion bash)"
For zsh, in ~/.zshrc:            eval "$(plumbline completion zsh)"
For fish:  plumbline completion fish > ~/.config/fish/completions/plumbline.fish`;

/** `registerAll`: registers every command on a program, with all its options. */
export function registerCompletion(
  program: Command,
  output: Output,
  registerAll: (program: Command, output: Output) => Promise<void>,
): void {
  const shells = Object.keys(COMPLETIONS);
  program
    .command('completion')
    .argument('<shell>', shells.join(', '))
    .addHelpText('after', HELP)
    .action(async (shell: string) => {
      if (!Object.hasOwn(COMPLETIONS, shell))
        throw new Failure(
          'bad_input',
          `There is no completion for the shell "${shell}".`,
          `Use one of ${shells.join(', ')}.`,
        );
      const whole = new Command('plumbline');
      await registerAll(whole, output);
      const script = COMPLETIONS[shell as keyof typeof COMPLETIONS](describeSurface(whole));
      output.result({ shell, script }, () => script);
    });
}

/** The surface as a completion script needs it. */
export const describeSurface = (program: Command): readonly CommandWords[] =>
  program.commands.map((command) => ({
    name: command.name(),
    summary: command.description(),
    completed: completedArgument(
      command.name(),
      command.registeredArguments[0]?.description ?? null,
    ),
    options: command.options.flatMap(({ long, flags, description, required, optional }) => {
      if (long == null) return [];
      const takes = /[<[](.+?)(\.\.\.)?[>\]]/.exec(flags)?.[1] ?? '';
      const completed = required || optional ? completedOption(command.name(), long, takes) : null;
      return [{ flag: long, summary: description, completed }];
    }),
  }));
