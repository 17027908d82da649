/** `plumbline list`: what the library holds. It opens no session and starts no engine. */
import type { Command } from 'commander';
import { listSessions } from '../../../engine/listing';
import type { Output } from '../output';
import { listText } from '../text/list';

export function registerList(program: Command, output: Output): void {
  program.command('list').action(() => {
    const { sessions, damaged } = listSessions();
    output.result({ sessions, damaged }, () => listText(sessions));
    for (const { message } of damaged) output.say(`plumbline: ${message}`);
  });
}
