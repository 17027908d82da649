/** `plumbline record`: the bundled GPT-2, any command, or a process that runs already. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { RecordRequest } from '../../../../shared/contract/api';
import { checkSession } from '../../../../shared/divergence/expectations';
import { Failure } from '../../../../shared/failure';
import type { RunSpec } from '../../../../shared/model/spec';
import { sessionText } from '../../../reports/text';
import { addExpectationOptions, type ExpectationOptions, expectationsOf, reportOutcomes } from '../expectations';
import { follow } from '../follow';
import type { Output } from '../output';
import { addSpecOptions, declaresSpec, type SpecOptions, specOf, whole } from '../spec-options';
import { withEngine } from '../with-engine';
import { checkpointName, configBeside } from '../../../workloads/checkpoint';
import { INSTRUMENTS } from '../../../workloads/instrument';

interface RecordOptions extends SpecOptions, ExpectationOptions {
  readonly bundled?: string;
  readonly pid?: string;
  readonly name?: string;
  readonly interval?: string;
  readonly instrument?: string;
  readonly data?: string;
  readonly temperature?: string;
  readonly topK?: string;
  readonly topP?: string;
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
      .option('--data <kind>', 'tokens the bundled workload trains on: random, text')
      .option('--temperature <t>', 'generation of the bundled workload: draw tokens at this temperature')
      .option('--top-k <n>', 'draw among the n likeliest tokens')
      .option('--top-p <p>', 'draw among the fewest likeliest tokens that reach this probability')
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
    const { model: found, run } = specOf(options, { model: weights === undefined ? 'gpt2' : configBeside(weights), framework: 'tfjs' });
    const model = weights === undefined || options.model !== undefined ? found : { ...found, name: checkpointName(weights) };
    if (run.framework !== 'tfjs') throw new Failure('bad_input', `The bundled workload does not run on ${run.framework}.`, 'Leave --framework out, or use --framework tfjs.');
    return { ...common, bundled: 'gpt2', model, run: { ...run, ...tokenChoices(options) }, ...(weights !== undefined && { weights: resolve(weights) }) };
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

/** What only the bundled workload knows: where its tokens come from, and how the next one is chosen. */
function tokenChoices({ data, temperature, topK, topP }: RecordOptions): Partial<RunSpec> {
  if (data !== undefined && data !== 'random' && data !== 'text') throw new Failure('bad_input', `--data cannot be "${data}".`, 'Use random or text.');
  const [drawnAt, reach, among] = [positive('--temperature', temperature), positive('--top-p', topP, 1), whole('--top-k', topK)];
  return {
    ...(data !== undefined && { data }),
    ...(drawnAt !== undefined && { temperature: drawnAt }),
    ...(among !== undefined && { topK: among }),
    ...(reach !== undefined && { topP: reach }),
  };
}

function positive(option: string, text: string | undefined, most = Infinity): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value > 0 && value <= most) return value;
  throw new Failure('bad_input', `${option} cannot be "${text}".`, `Give a number above 0${most === Infinity ? '' : `, at most ${most}`}.`);
}
