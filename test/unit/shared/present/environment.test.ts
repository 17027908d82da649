import { expect, test } from 'vitest';
import { describeEnvironment } from '../../../../src/shared/present/environment';
import { documentWith } from '../../../support/overlay-scenario';

test('GPUs that read alike are told once, with how many they are', () => {
  const doc = documentWith({ durationUs: 1e6 });
  const gpu = { name: 'NVIDIA A100', memoryBytes: 80 * 2 ** 30, driver: '580.65.06' };
  const gpusOf = (...names: string[]) =>
    describeEnvironment({
      ...doc,
      environment: { ...doc.environment, gpus: names.map((name) => ({ ...gpu, name })) },
    } as never).find(([label]) => label === 'GPU')?.[1];
  expect(gpusOf('NVIDIA A100')).toBe('NVIDIA A100, 80.0 GiB, driver 580.65.06');
  expect(gpusOf('NVIDIA A100', 'NVIDIA L4', 'NVIDIA A100')).toBe(
    '2 × NVIDIA A100, 80.0 GiB, driver 580.65.06; NVIDIA L4, 80.0 GiB, driver 580.65.06',
  );
});
