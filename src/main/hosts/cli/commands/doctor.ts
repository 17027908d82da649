/** `plumbline doctor`: what this machine can give, and each problem with its remedy. */
import type { Command } from 'commander';
import { formatBytes } from '../../../../shared/base/format';
import type { DoctorReport } from '../../../../shared/contract/api';
import type { Output } from '../output';
import { wrap } from '../text/columns';
import { withEngine } from '../with-engine';

export function registerDoctor(program: Command, output: Output): void {
  program.command('doctor').action(() =>
    withEngine(async (engine) => {
      const report = await engine.doctor();
      output.result(report, () => doctorText(report));
    }),
  );
}

export function doctorText({ checks, gpus }: DoctorReport): string {
  const width = Math.max(...checks.map(({ id }) => id.length));
  const indent = ' '.repeat(width + 11);
  const problems = checks.filter(({ ok }) => !ok).length;
  return [
    ...checks.map(({ id, ok, found, remedy }) =>
      [
        wrap(found, indent, `${ok ? 'ok     ' : 'problem'}  ${id.padEnd(width)}  `),
        ...(remedy ? [wrap(remedy, `${indent}  `, `${indent}→ `)] : []),
      ].join('\n'),
    ),
    '',
    ...gpus.map(
      ({ index, name, memoryBytes, driver, cuda }) =>
        `GPU ${index}  ${[name, ...(memoryBytes === null ? [] : [formatBytes(memoryBytes)]), ...(driver ? [`driver ${driver}`] : []), ...(cuda ? [`CUDA ${cuda}`] : [])].join(', ')}`,
    ),
    ...(gpus.length === 0
      ? [
          wrap(
            'No NVIDIA GPU: the memory that the framework reports and that of the process tree are recorded.',
            '',
          ),
        ]
      : []),
    problems === 0
      ? 'Everything is in order.'
      : `${problems === 1 ? '1 problem' : `${problems} problems`}, each with what mends it.`,
  ].join('\n');
}
