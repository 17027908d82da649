/** `plumbline export`: a session's measurements for other programs, the whole session file, or the file it was imported from. */
import type { Command } from 'commander';
import { Failure } from '../../../../shared/base/failure';
import type { Engine } from '../../../engine/engine';
import { checkFormat, exportFormats } from '../../../engine/exports';
import { SESSION_ID } from '../options/session-id';
import type { Output } from '../output';
import { warnOfSharing } from '../privacy';
import { withEngine } from '../with-engine';
import { outputPath, writePieces } from '../write-file';

export function registerExport(program: Command, output: Output): void {
  const formats = exportFormats('session');
  const ids = formats.map(({ id }) => id);
  const texts = formats.filter(({ isText }) => isText).map(({ id }) => id);
  program
    .command('export')
    .argument('<id>', SESSION_ID)
    .requiredOption('--format <format>', ids.join(', '))
    .option(
      '--out <path>',
      `file or folder to write to; "-" for standard output (${texts.join(', ')})`,
      '.',
    )
    .action(async (id: string, { format, out }: { format: string; out: string }) => {
      checkFormat('session', format);
      if (out === '-' && !texts.includes(format))
        throw new Failure(
          'bad_input',
          `The export ${format} cannot be written to standard output.`,
          'Give a file or folder with --out.',
        );
      await withEngine(async (engine) => {
        const begun = await engine.export({ id, format });
        const pieces = takePieces(engine, begun.export);
        if (out === '-') {
          const taken: Uint8Array[] = [];
          for await (const piece of pieces) taken.push(piece);
          const text = Buffer.concat(taken).toString();
          output.result({ format, text }, () => text);
          return;
        }
        const path = outputPath(out, begun.fileName);
        const bytes = await writePieces(path, pieces, { what: 'export', option: '--out' });
        await warnOfSharing(engine, [id], format, output);
        output.result({ path, bytes }, () => path);
      });
    });
}

async function* takePieces(engine: Engine, begun: string): AsyncGenerator<Uint8Array> {
  for (;;) {
    const piece = await engine.exportPiece({ export: begun });
    if (piece === null) return;
    yield piece;
  }
}
