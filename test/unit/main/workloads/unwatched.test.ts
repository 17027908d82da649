import { expect, it } from 'vitest';
import { whyUnwatched } from '../../../../src/main/workloads/unwatched';

const FOLDER = '/opt/plumbline/instrument';
const why = (args: string, path: string | undefined = `${FOLDER}:/home/me/lib`) =>
  whyUnwatched(
    { args: args.split(' '), env: path === undefined ? {} : { PYTHONPATH: path } },
    FOLDER,
  );

it('has nothing to say of a Python that finds the bootstrap', () => {
  for (const args of [
    'python train.py -I',
    'python3 -u -m train.run -E',
    'python -X importtime -W ignore train.py -S',
    'python -Wignore train.py',
    'python -c import -I',
    'python -sB train.py',
    'python',
  ])
    expect(why(args), args).toBeNull();
});

it('names the option that keeps Python from it, and the script', () => {
  expect(why('python -I train.py')).toBe(
    'train.py uses PyTorch and was not watched, since python -I reads no PYTHONPATH: its phases are not known. Start it without -I.',
  );
  expect(why('python -uE -m pkg.train')).toMatch(/^python -m pkg.train uses .* python -E reads no/);
  expect(why('python -X dev -S /srv/jobs/train.py')).toMatch(/^train.py .* python -S runs nothing/);
});

it('says that PYTHONPATH was replaced', () => {
  for (const path of ['/home/me/lib', ''])
    expect(why('python train.py', path)).toMatch(
      /PYTHONPATH was set anew .* PYTHONPATH=….\$PYTHONPATH/,
    );
  expect(whyUnwatched({ args: ['python', 'train.py'], env: {} }, FOLDER)).toMatch(/set anew/);
});
