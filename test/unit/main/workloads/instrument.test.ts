/** What is added to a workload's environment so that it can speak to Plumbline. */
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  helperEnvironment,
  instrumentEnvironment,
} from '../../../../src/main/workloads/instrument';
import { repository } from '../../../support/repository';

const folder = join(repository, 'resources', 'python');

describe('the environment of a workload that may import the helper', () => {
  it('puts its folder before what PYTHONPATH held, and changes nothing else', () => {
    expect(helperEnvironment({ A: '1' })).toEqual({ A: '1', PYTHONPATH: folder });
    expect(helperEnvironment({ PYTHONPATH: '' })).toEqual({ PYTHONPATH: folder });
    expect(helperEnvironment({ PYTHONPATH: '/lib' })).toEqual({
      PYTHONPATH: `${folder}${delimiter}/lib`,
    });
  });

  it('stays as it is where the helper is missing from the installation', () => {
    const env = { PLUMBLINE_RESOURCES: '/nowhere', PYTHONPATH: '/lib' };
    expect(helperEnvironment(env)).toEqual(env);
  });

  it('keeps the helper behind the bootstrap of an instrumented one', () => {
    expect(instrumentEnvironment('python', helperEnvironment({ PYTHONPATH: '/lib' }))).toEqual({
      PYTHONPATH: [join(folder, 'instrument'), folder, '/lib'].join(delimiter),
    });
  });
});
