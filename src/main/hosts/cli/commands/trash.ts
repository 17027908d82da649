/** `plumbline delete` and `restore`: into the trash, out of it again, and for good. */
import type { Command } from 'commander';
import { Failure } from '../../../../shared/base/failure';
import { formatBytes } from '../../../../shared/base/format';
import type { TrashedSession } from '../../../../shared/library/trashed-session';
import { SESSION_IDS } from '../options/session-id';
import type { Output } from '../output';
import { table } from '../text/columns';
import { namedSession } from '../text/list';
import { withEngine } from '../with-engine';

export function registerTrash(program: Command, output: Output): void {
  program
    .command('delete')
    .argument('[ids...]', SESSION_IDS)
    .option('--now', 'delete them for good; without an id, everything in the trash')
    .action((ids: string[], { now = false }: { now?: boolean }) =>
      withEngine(async (engine) => {
        if (ids.length === 0 && !now)
          throw new Failure(
            'bad_input',
            'No session to delete was named.',
            'Give its id ("plumbline list" shows them), or --now to empty the trash.',
          );
        if (ids.length === 0) {
          const { ids: deleted } = await engine.emptyTrash({});
          output.result({ deleted }, () =>
            deleted.length === 0
              ? 'The trash is empty.'
              : `deleted ${deleted.length} for good:\n${deleted.map((id) => `  ${id}`).join('\n')}`,
          );
          return;
        }
        // All ids are looked up before the first file goes, so that a slip of the keyboard deletes nothing.
        const found = ids.map((id) => engine.identify(id));
        for (const { id } of found) {
          await engine.delete({ id });
          if (now) await engine.emptyTrash({ id });
        }
        const { trashDays } = await engine.settings();
        output.result({ deleted: found.map(({ id }) => id) }, () =>
          [
            ...found.map(({ id, name }) => `deleted ${namedSession(id, name)}`),
            ...(now
              ? []
              : [`For ${trashDays} days "plumbline restore ${found[0]?.id}" undoes this.`]),
          ].join('\n'),
        );
      }),
    );

  program
    .command('restore')
    .argument('[ids...]', 'ids of sessions in the trash, or their ends; the list where left out')
    .action((ids: string[]) =>
      withEngine(async (engine) => {
        if (ids.length === 0) {
          const trash = await engine.trash();
          output.result({ trash }, () => trashText(trash));
          return;
        }
        const restored: string[] = [];
        for (const id of ids) restored.push((await engine.restore({ id })).id);
        output.result({ restored }, () => restored.map((id) => `restored ${id}`).join('\n'));
      }),
    );
}

function trashText(trash: readonly TrashedSession[]): string {
  if (trash.length === 0) return 'The trash is empty.';
  return table(
    ['id', 'name', 'deleted on', 'size'],
    trash.map(({ id, name, deletedOn, bytes }) => [
      id,
      name ?? 'could not be opened',
      deletedOn,
      formatBytes(bytes),
    ]),
    [1],
    60,
    [0],
  );
}
