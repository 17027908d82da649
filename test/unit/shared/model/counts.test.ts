/**
 * Parameters of every family, as Hugging Face transformers itself counts them on the meta device
 * (scripts/truth/count_parameters.py), and of those it does not carry as their published files add up to.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { modelFromConfig } from '../../../../src/shared/model/config-file';
import { FAMILIES } from '../../../../src/shared/model/families';
import { namedModel } from '../../../../src/shared/model/named';
import { countParameters, parameterCount } from '../../../../src/shared/model/parameters';
import { CONFIGURED } from '../../../../src/shared/model/releases';
import { repository } from '../../../support/repository';

interface Counted {
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly parameters: number;
  readonly besides?: number;
}

const { models } = JSON.parse(
  readFileSync(join(repository, 'test/fixtures/models/configurations.json'), 'utf8'),
) as { models: readonly Counted[] };

describe('parameters as transformers counts them', () => {
  it.each(models)('$name', ({ name, config, parameters }) => {
    const model = modelFromConfig(config, name);
    expect(parameterCount(model)).toBe(parameters);
    const { embedding, positions, layers, finalNorm, head } = countParameters(model);
    expect(embedding + positions + layers + finalNorm + head).toBe(parameters);
    expect(JSON.parse(JSON.stringify(model))).toEqual(model);
  });

  it.each(Object.keys(CONFIGURED))('are those of the release %s', (name) => {
    const untied = models.find((each) => each.name === `${name}, untied`);
    const counted = untied ?? models.find((each) => each.name === name);
    expect(parameterCount(namedModel(name))).toBe(counted?.parameters);
  });

  it('are there for every family, of two models at least', () => {
    const families = models.map(({ config, name }) => modelFromConfig(config, name).family);
    for (const { name } of FAMILIES)
      expect(families.filter((family) => family === name).length, name).toBeGreaterThanOrEqual(2);
  });

  it('name what of a model of several parts is left out', () => {
    for (const { name, config, besides } of models)
      expect(modelFromConfig(config, name).leftOut !== undefined, name).toBe(besides !== undefined);
  });
});
