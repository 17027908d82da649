/** `plumbline models`: the models known by name, and the release each stands for. */
import type { Command } from 'commander';
import { formatInteger } from '../../../../shared/base/format';
import { modelNames, namedModel } from '../../../../shared/model/named';
import { parameterCount } from '../../../../shared/model/parameters';
import { findDtypeSource, releaseIds } from '../../../../shared/model/published';
import { publishedPrecision } from '../../../../shared/model/stored-precision';
import type { Output } from '../output';
import { table, wrap } from '../text/columns';

export function registerModels(program: Command, output: Output): void {
  program.command('models').action(() => {
    const models = modelNames().map((name) => {
      const model = namedModel(name);
      return {
        name,
        release: releaseIds(name)[0] ?? null,
        parameters: parameterCount(model),
        precision: publishedPrecision(model, false),
        // A preset of a paper stands for no release, and its precision for none that was published.
        precisionSource: releaseIds(name).length === 0 ? null : findDtypeSource(name),
      };
    });
    output.result({ models }, () =>
      [
        table(
          ['model', 'release on Hugging Face', 'parameters', 'published in'],
          models.map(({ name, release, parameters, precision, precisionSource }) => [
            name,
            release ?? '',
            formatInteger(parameters),
            release !== null && precisionSource === null ? `${precision} *` : precision,
          ]),
          [0, 1],
          undefined,
          [3],
        ),
        '',
        wrap('* not verified against the release.', '', '  '),
      ].join('\n'),
    );
  });
}
