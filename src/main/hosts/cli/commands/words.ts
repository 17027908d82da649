/** `plumbline rename`, `tag`, `note`: what a person says of a session. What was measured of it stays as it is. */
import type { Command } from 'commander';
import type { Engine } from '../../../engine/engine';
import { SESSION_ID } from '../options/session-id';
import { collect } from '../options/setting-options';
import type { Output } from '../output';
import { namedSession } from '../text/list';
import { withEngine } from '../with-engine';

export function registerWords(program: Command, output: Output): void {
  program
    .command('rename')
    .argument('<id>', SESSION_ID)
    .argument('<name...>', 'its new name')
    .action((id: string, name: string[]) =>
      withEngine(async (engine) => {
        const found = engine.identify(id);
        await engine.rename({ id: found.id, name: name.join(' ') });
        tell(engine, found.id, output);
      }),
    );

  program
    .command('tag')
    .argument('<id>', SESSION_ID)
    .argument('[tags...]', 'tags to put on it, one word each')
    .option('--remove <tag>', 'a tag to take off (may be repeated)', collect)
    .action((id: string, tags: string[], { remove = [] }: { remove?: readonly string[] }) =>
      withEngine(async (engine) => {
        const found = engine.summary(id);
        const off = new Set(remove.map((tag) => tag.replace(/^#/, '')));
        const kept = (found.tags ?? []).filter((tag) => !off.has(tag));
        if (tags.length + remove.length > 0)
          await engine.annotate({ id: found.id, tags: [...kept, ...tags] });
        tell(engine, found.id, output);
      }),
    );

  program
    .command('note')
    .argument('<id>', SESSION_ID)
    .argument('[text...]', 'the note, in place of what there was')
    .option('--clear', 'take the note away')
    .action((id: string, text: string[], { clear = false }: { clear?: boolean }) =>
      withEngine(async (engine) => {
        const found = engine.summary(id);
        if (clear || text.length > 0)
          await engine.annotate({ id: found.id, note: clear ? '' : text.join(' ') });
        tell(engine, found.id, output);
      }),
    );
}

/** Prints the words that a session has now. */
function tell(engine: Engine, id: string, output: Output): void {
  const { name, tags = [], note = '' } = engine.summary(id);
  output.result({ id, name, tags, note }, () =>
    [
      namedSession(id, name),
      ...(tags.length > 0 ? [tags.map((tag) => `#${tag}`).join(' ')] : []),
      ...(note === '' ? [] : [note]),
    ].join('\n'),
  );
}
