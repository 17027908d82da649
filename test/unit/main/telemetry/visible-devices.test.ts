import { describe, expect, it } from 'vitest';
import { migDevicesIn } from '../../../../src/main/telemetry/nvidia-smi/mig-list';
import { visibleGpus } from '../../../../src/main/telemetry/visible-devices';

const gpu = (index: number, uuid: string, name = 'Simulated A') => ({
  index,
  uuid,
  name,
  memoryBytes: null,
  driver: '580',
  cuda: null,
});
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

  it.each(['', '-1', 'NoDevFiles', 'GPU-ffff'])(
    'hides every GPU and says so when it is "%s"',
    (value) => {
      const { indices, note } = seen(value);
      expect(indices).toEqual([]);
      expect(note).toContain('hides every GPU');
    },
  );

  it('shows the GPU that a named MIG device is part of, by its UUID, the beginning of one, or the older way', () => {
    const mig = migDevicesIn(
      'GPU 0: A (UUID: GPU-aaaa1111-0)\nGPU 1: A (UUID: GPU-aaaa2222-0)\n  MIG 3g.40gb     Device  0: (UUID: MIG-1234-a)\n  MIG 1g.10gb     Device  1: (UUID: MIG-1299-b)\n',
    );
    expect(mig).toEqual([
      { uuid: 'MIG-1234-a', gpu: 1, slot: 0, name: 'MIG 3g.40gb', memoryBytes: null },
      { uuid: 'MIG-1299-b', gpu: 1, slot: 1, name: 'MIG 1g.10gb', memoryBytes: null },
    ]);
    const named = (value: string) => visibleGpus({ CUDA_VISIBLE_DEVICES: value }, two, mig);
    expect(named('MIG-1234-a').gpus.map(({ index }) => index)).toEqual([1]);
    expect(named('mig-1299').gpus.map(({ index }) => index)).toEqual([1]);
    expect(named('MIG-GPU-aaaa1111-0/1/0').gpus.map(({ index }) => index)).toEqual([0]);
    expect(named('MIG-GPU-aaaa1111-0/1/0').note).toContain('names a MIG device of GPU 0');
    expect(named('mig-1299')).toMatchObject({
      instances: [mig[1]],
      note: 'CUDA_VISIBLE_DEVICES=mig-1299 names MIG device 1 of GPU 1',
    });
    expect(named('MIG-1234-a,MIG-1299-b').instances).toEqual(mig);
  });

  it('knows the MIG device of the older name where its instances are known', () => {
    const mig = [
      { uuid: 'MIG-1', gpu: 0, slot: 0, gpuInstance: 7, computeInstance: 0 },
      { uuid: 'MIG-2', gpu: 0, slot: 1, gpuInstance: 9, computeInstance: 0 },
      { uuid: 'MIG-3', gpu: 1, slot: 0, gpuInstance: 9, computeInstance: 0 },
    ];
    const named = (value: string) => visibleGpus({ CUDA_VISIBLE_DEVICES: value }, two, mig);
    expect(named('MIG-GPU-aaaa1111-0/9/0')).toMatchObject({
      gpus: [{ index: 0 }],
      instances: [{ uuid: 'MIG-2' }],
    });
    expect(named('MIG-GPU-aaaa1111-0/9/1'), 'no such compute instance').toMatchObject({
      gpus: [{ index: 0 }],
      instances: [],
    });
  });

  it('takes the only MIG device of the only GPU for all that a workload has, whether or not it is told so', () => {
    const gpu0 = two[0]!;
    const device = (slot: number, gpu = 0) => ({ uuid: `MIG-${gpu}${slot}`, gpu, slot });
    expect(visibleGpus({}, [gpu0], [device(2)])).toMatchObject({
      instances: [device(2)],
      note: 'MIG device 2 is all of GPU 0 that CUDA can use',
    });
    expect(
      visibleGpus({ CUDA_VISIBLE_DEVICES: '0' }, two, [device(2), device(0, 1), device(1, 1)]),
    ).toMatchObject({ gpus: [{ index: 0 }], instances: [device(2)] });
    expect(
      visibleGpus({}, [gpu0], [device(0), device(2)]).instances,
      'either may be meant',
    ).toEqual([]);
    expect(visibleGpus({}, two, [device(2)]).instances, 'the other GPU is whole').toEqual([]);
  });

  it('keeps every GPU in view when MIG devices of unknown GPUs are named', () => {
    expect(seen('MIG-1234').indices).toEqual([0, 1]);
    expect(seen('MIG-1234').note).toContain('not known');
  });

  it('warns that CUDA counts different GPUs otherwise, unless CUDA_DEVICE_ORDER settles it', () => {
    const mixed = [gpu(0, 'GPU-a', 'Simulated A'), gpu(1, 'GPU-b', 'Simulated B')];
    expect(seen('1', mixed).note).toContain('CUDA_DEVICE_ORDER=PCI_BUS_ID');
    expect(seen('1', mixed, { CUDA_DEVICE_ORDER: 'PCI_BUS_ID' }).note).not.toContain(
      'CUDA_DEVICE_ORDER',
    );
    expect(seen('GPU-b', mixed).note).not.toContain('CUDA_DEVICE_ORDER');
  });
});
