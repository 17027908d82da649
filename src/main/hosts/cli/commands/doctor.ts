/** `plumbline doctor`: what this machine can give, and each problem with its remedy. */
import type { Command } from 'commander';
import type { DoctorReport } from '../../../../shared/contract/api';
import type { Output } from '../output';
import { withEngine } from '../with-engine';

export function registerDoctor(program: Command, output: Output): void {
  program
    .command('doctor')
    .description('tell what this machine can measure, and what stands in the way')
    .action(() => withEngine(async (engine) => {
      const report = await engine.doctor();
      output.result(report, () => doctorText(report));
    }));
}

function doctorText({ checks }: DoctorReport): string {
  const width = Math.max(...checks.map(({ id }) => id.length));
  return checks
    .map(({ id, ok, found, remedy }) => `${ok ? 'ok     ' : 'missing'}  ${id.padEnd(width)}  ${found}${remedy ? `\n         ${' '.repeat(width)}  ${remedy}` : ''}`)
    .join('\n');
}
