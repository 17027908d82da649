import { afterEach, expect, it, vi } from 'vitest';
import { LanePainter, type Scene } from '../../../../src/renderer/chart/lane-painter';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

it('draws once a frame, what was asked for last', () => {
  const frames: FrameRequestCallback[] = [];
  vi.stubGlobal('requestAnimationFrame', (callback: FrameRequestCallback) => frames.push(callback));
  const draw = vi.spyOn(LanePainter.prototype, 'draw').mockImplementation(() => {});
  const canvas = { getContext: () => ({}) } as unknown as HTMLCanvasElement;
  const painter = LanePainter.on(canvas)!;
  const scene = (height: number) => ({ height }) as Scene;
  painter.request(() => scene(1));
  painter.request(() => scene(2));
  expect(frames).toHaveLength(1);
  frames.shift()!(0);
  expect(draw.mock.calls).toEqual([[scene(2)]]);
  painter.request(() => scene(3));
  frames.shift()!(0);
  expect(draw).toHaveBeenLastCalledWith(scene(3));
});
