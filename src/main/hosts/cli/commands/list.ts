/** `plumbline list [QUERY]`: what the library holds, or of it what a search finds. It opens no session and starts no engine. */
import type { Command } from 'commander';
import { matchesQuery, parseQuery, QUERY_FIELDS } from '../../../../shared/library/query';
import { listSessions, NEWEST } from '../../../engine/listing';
import type { Output } from '../output';
import { helpFooter } from '../text/columns';
import { listText } from '../text/list';

/** More lines than anybody reads, and the newest of them would scroll away. */
const SHOWN = NEWEST;

const HELP = helpFooter(
  'A search is words that must all be found, and conditions: model:llama, status:failed, tag:paper, peak>20GiB, residual>=5%, duration<10min, started<2026-11-01, added>7d (in the last seven days), -tag:old (not so).',
  `Fields: ${QUERY_FIELDS.join(', ')}. Conditions with < or > need quotes in a shell.`,
);

interface ListOptions {
  readonly all?: boolean;
  readonly ids?: boolean;
}

export function registerList(program: Command, output: Output): void {
  program
    .command('list')
    .argument('[query...]', 'only what this finds, for example: model:gpt2 "peak>20GiB"')
    .option('--all', `every session; as a table the newest ${SHOWN} are shown without it`)
    .option('--ids', 'the id of every one and nothing else, a line each: for scripts')
    .addHelpText('after', HELP)
    .action(async (words: string[], { all = false, ids = false }: ListOptions) => {
      const query = parseQuery(words.join(' '));
      const isCut = !all && !ids && !output.json;
      // A search looks at every session, and shows the newest of those it finds.
      const { sessions, damaged, total } = await listSessions(
        isCut && words.length === 0 ? SHOWN : undefined,
      );
      const found = sessions.filter((session) => matchesQuery(query, session));
      const shown = isCut ? found.slice(0, SHOWN) : found;
      const older = (words.length === 0 ? total : found.length) - shown.length;
      output.result({ sessions: found, damaged }, () =>
        ids ? shown.map(({ id }) => id).join('\n') : listText(shown, total, older, damaged.length),
      );
      for (const { message } of damaged) output.tell(message);
    });
}
