/** `plumbline completion SHELL`: a script that completes commands and options, made from the commands themselves. */
import { Command } from 'commander';
import { Failure } from '../../../../shared/base/failure';
import type { Output } from '../output';
import { COMPLETIONS, type CommandWords } from '../text/completion';

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
      const script = COMPLETIONS[shell as keyof typeof COMPLETIONS](describe(whole));
      output.result({ shell, script }, () => script);
    });
}

const describe = (program: Command): readonly CommandWords[] =>
  program.commands.map((command) => ({
    name: command.name(),
    summary: command.description(),
    takesSessions: command.registeredArguments.some(({ description }) => /\bid/.test(description)),
    options: command.options.flatMap(({ long, description, argChoices, required, optional }) =>
      long == null
        ? []
        : [
            {
              flag: long,
              summary: description,
              takesValue: required || optional,
              values: argChoices ?? [],
            },
          ],
    ),
  }));
