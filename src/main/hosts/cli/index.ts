/** Entry of the terminal host. One file per command under commands/; this file only wires them up. */
import { Command, CommanderError } from 'commander';
import { Failure } from '../../../shared/base/failure';
import { applyByteUnits } from '../../engine/byte-units';
import { version } from '../../install/paths';
import { registerCommands } from './commands';
import { createOutput, reportFailure } from './output';
import { WIDTH } from './text/columns';

// The launcher holds the other end of this channel: if it is killed outright, so is this process. The session is then
// recovered and the supervisor ends the workload, exactly as if this process had been killed itself.
if (process.channel) {
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  process.channel.unref();
}
// A reader that leaves early (`plumbline list | head`) is no fault.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
}

const output = createOutput(beforeDashes(process.argv).includes('--json'));
const program = new Command('plumbline')
  .description(
    'Profiler for transformer workloads: the measured trace laid over the memory budget that theory predicts',
  )
  .version(version, '--version')
  .exitOverride()
  .enablePositionalOptions()
  .configureOutput({ writeErr: () => {}, getOutHelpWidth: () => WIDTH })
  .configureHelp({ minWidthToWrap: 10 })
  .showSuggestionAfterError(true);

try {
  await registerCommands(program, output, beforeDashes(process.argv).slice(2));
  await applyByteUnits();
  await program.parseAsync(withoutHelpFor(process.argv));
} catch (error) {
  process.exitCode = reportFailure(
    error instanceof CommanderError ? usageFailure(error) : error,
    output,
  );
}
if (process.exitCode === undefined) process.exitCode = 0;
process.stdout.write('', () => process.exit());

function beforeDashes(argv: readonly string[]): readonly string[] {
  const dashes = argv.indexOf('--');
  return dashes < 0 ? argv : argv.slice(0, dashes);
}

function usageFailure(error: CommanderError): unknown {
  if (error.exitCode === 0) process.exit(0);
  const message = error.message.replace(/^error: /, '').replace(/\n/g, ' ');
  if (error.code === 'commander.help') {
    process.stderr.write(program.helpInformation());
    return new Failure('bad_input', 'No command was given.', 'Pick one of the commands above.');
  }
  return new Failure(
    'bad_input',
    `${message.charAt(0).toUpperCase()}${message.slice(1)}.`
      .replace(/\.\.$/, '.')
      .replace(/\?\)\.$/, '?)'),
    helpToRead(),
  );
}

/** The help of the command that was meant, where one was. */
function helpToRead(): string {
  const asked = process.argv[2] ?? '';
  const isCommand = program.commands.some((each) => each.name() === asked);
  return isCommand
    ? `"plumbline ${asked} --help" tells what it takes.`
    : '"plumbline --help" lists the commands.';
}

/** `help` with a command that there is not is that command misspelt. */
function withoutHelpFor(argv: readonly string[]): readonly string[] {
  const [node = '', script = '', first, asked = '', ...others] = argv;
  const isMisspelt =
    first === 'help' &&
    /^[a-z]/.test(asked) &&
    !program.commands.some((each) => each.name() === asked);
  return isMisspelt ? [node, script, asked, ...others] : argv;
}
