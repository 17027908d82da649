import { describe, expect, it } from 'vitest';
import { visibleGpus } from '../../src/main/telemetry/visible-devices';

const gpu = (index: number, uuid: string, name = 'Simulated A') => ({ index, uuid, name, memoryBytes: null, driver: '580', cuda: null });
const two = [gpu(0, 'GPU-aaaa1111-0'), gpu(1, 'GPU-aaaa2222-0')];
const seen = (value: string | undefined, gpus = two, more: NodeJS.ProcessEnv = {}) => {
  const env = value === undefined ? more : { ...more, CUDA_VISIBLE_DEVICES: value };
  const { gpus: visible, note } = visibleGpus(env, gpus);
  return { indices: visible.map(({ index }) => index), note };
};

describe('CUDA_VISIBLE_DEVICES', () => {
  it('shows every GPU, without a word, when it is not set or names them all', () => {
    expect(seen(undefined)).toEqual({ indices: [0, 1], note: null });
    expect(seen('1,0')).toEqual({ indices: [0, 1], note: null });
  });

  it('keeps the device index of a GPU named by index, UUID or the beginning of one', () => {
    expect(seen('1').indices).toEqual([1]);
    expect(seen('GPU-aaaa2222-0').indices).toEqual([1]);
    expect(seen('gpu-aaaa2').indices).toEqual([1]);
    expect(seen('1').note).toContain('CUDA_VISIBLE_DEVICES=1');
  });

  it('ends at the first entry that names no GPU, as CUDA does', () => {
    expect(seen('1,7,0').indices).toEqual([1]);
    expect(seen('0,-1,1').indices).toEqual([0]);
    expect(seen('0,GPU-aaaa').indices, 'two GPUs begin so').toEqual([0]);
  });

  it.each(['', '-1', 'NoDevFiles', 'GPU-ffff'])('hides every GPU and says so when it is "%s"', (value) => {
    const { indices, note } = seen(value);
    expect(indices).toEqual([]);
    expect(note).toContain('hides every GPU');
  });

  it('keeps every GPU in view when MIG devices are named', () => {
    expect(seen('MIG-1234').indices).toEqual([0, 1]);
  });

  it('warns that CUDA counts different GPUs otherwise, unless CUDA_DEVICE_ORDER settles it', () => {
    const mixed = [gpu(0, 'GPU-a', 'Simulated A'), gpu(1, 'GPU-b', 'Simulated B')];
    expect(seen('1', mixed).note).toContain('CUDA_DEVICE_ORDER=PCI_BUS_ID');
    expect(seen('1', mixed, { CUDA_DEVICE_ORDER: 'PCI_BUS_ID' }).note).not.toContain('CUDA_DEVICE_ORDER');
    expect(seen('GPU-b', mixed).note).not.toContain('CUDA_DEVICE_ORDER');
  });
});
