/** `plumbline record`: the bundled GPT-2, any command, or a process that runs already. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { RecordRequest } from '../../../../shared/contract/api';
import { checkSession } from '../../../../shared/divergence/expectations';
import { Failure } from '../../../../shared/failure';
import { sessionText } from '../../../reports/text';
import { addExpectationOptions, type ExpectationOptions, expectationsOf, reportOutcomes } from '../expectations';
import { follow } from '../follow';
import type { Output } from '../output';
import { addSpecOptions, declaresSpec, type SpecOptions, specOf, whole } from '../spec-options';
import { withEngine } from '../with-engine';
import { configBeside } from '../../../workloads/checkpoint';
import { INSTRUMENTS } from '../../../workloads/instrument';

interface RecordOptions extends SpecOptions, ExpectationOptions {
  readonly bundled?: string;
  readonly pid?: string;
  readonly name?: string;
  readonly interval?: string;
  readonly instrument?: string;
  readonly weights?: string;
}

export function registerRecord(program: Command, output: Output): void {
  const command = addSpecOptions(
    program
      .command('record')
      .description('record the bundled GPT-2, a command, or a running process')
      .argument('[command...]', 'the command to launch and record, after --')
      .option('--bundled <name>', 'record the bundled workload: gpt2')
      .option('--pid <pid>', 'record a process that runs already')
      .option('--name <name>', 'name of the session')
      .option('--instrument <kind>', `watch the command through its interpreter, without changing it: ${INSTRUMENTS.join(', ')}`)
      .option('--weights <dir|file>', 'Hugging Face checkpoint (config.json and model.safetensors) for the bundled workload')
      .option('--interval <ms>', 'sampling interval in milliseconds', '100'),
  );
  addExpectationOptions(command, 'peak=8GiB,residual=10%,leak=1MiB')
    .passThroughOptions()
    .action(async (given: string[], options: RecordOptions) => {
      const request = requestOf(given, options);
      const expectations = expectationsOf(options, '=');
      process.exitCode = await withEngine(async (engine) => {
        const { data, interrupted } = await follow(engine, request, output, { echo: true });
        const [doc, budget] = [await engine.show({ id: data.id }), await engine.budgetOf({ id: data.id })];
        const outcomes = checkSession(expectations, doc);
        output.result(expectations.length === 0 ? doc : { ...doc, expectations: outcomes }, () => sessionText(doc, budget));
        const unmet = reportOutcomes(outcomes, options, output, doc.name, doc.durationUs);
        if (interrupted) return 130;
        return data.status === 'failed' ? 1 : unmet;
      });
    });
}

function requestOf(command: string[], options: RecordOptions): RecordRequest {
  const given = [options.bundled !== undefined, options.pid !== undefined, command.length > 0].filter(Boolean).length;
  if (given !== 1) {
    throw new Failure('bad_input', given === 0 ? 'There is nothing to record.' : 'More than one thing to record was given.', 'Give exactly one of --bundled gpt2, --pid PID, or a command after --.');
  }
  const intervalMs = whole('--interval', options.interval) ?? 100;
  const common = { intervalMs, ...(options.name === undefined ? {} : { name: options.name }) };
  if (options.bundled !== undefined) {
    if (options.bundled !== 'gpt2') throw new Failure('bad_input', `There is no bundled workload "${options.bundled}".`, 'Use --bundled gpt2.');
    if (options.instrument !== undefined) throw new Failure('bad_input', 'The bundled workload needs no instrument.', 'Leave --instrument out.');
    const { weights } = options;
    const { model, run } = specOf(options, { model: weights === undefined ? 'gpt2' : configBeside(weights), framework: 'tfjs' });
    if (run.framework !== 'tfjs') throw new Failure('bad_input', `The bundled workload does not run on ${run.framework}.`, 'Leave --framework out, or use --framework tfjs.');
    return { ...common, bundled: 'gpt2', model, run, ...(weights !== undefined && { weights: resolve(weights) }) };
  }
  if (options.weights !== undefined) throw new Failure('bad_input', '--weights is for the bundled workload.', 'Add --bundled gpt2, or leave --weights out.');
  if (options.pid !== undefined && options.instrument !== undefined) {
    throw new Failure('bad_input', 'A process that runs already cannot be given an instrument.', 'Launch it through plumbline record --instrument python -- COMMAND.');
  }
  const spec = declaresSpec(options) ? specOf(options, { model: 'gpt2', framework: 'pytorch' }) : {};
  if (options.pid !== undefined) return { ...common, ...spec, pid: whole('--pid', options.pid) ?? 0 };
  const instrument = INSTRUMENTS.find((one) => one === options.instrument);
  if (options.instrument !== undefined && instrument === undefined) {
    throw new Failure('bad_input', `There is no instrument "${options.instrument}".`, `Use one of ${INSTRUMENTS.join(', ')}.`);
  }
  return { ...common, ...spec, command, ...(instrument && { instrument }) };
}
