/** What the transport does, as commands: J K L as editors have them, Space plays. Pure. */
import type { Command } from '../../commands/registry';
import type { ReplayControl } from './useReplay';

export function replayCommands(control: ReplayControl, isLive: boolean): readonly Command[] {
  const { replay } = control;
  const isPlaying = replay?.isPlaying ?? false;
  return [
    {
      id: 'replay.play',
      title: isPlaying ? 'Pause the replay' : 'Play the session',
      group: 'Replay',
      keys: ['Space'],
      run: () => (replay === null && !isLive ? control.start() : control.toggle()),
    },
    {
      id: 'replay.pause',
      title: 'Pause',
      group: 'Replay',
      keys: ['KeyK'],
      isDisabled: replay === null,
      run: control.pause,
    },
    {
      id: 'replay.slower',
      title: 'Play slower',
      group: 'Replay',
      keys: ['KeyJ'],
      isDisabled: replay === null,
      run: () => control.changeSpeed(-1),
    },
    {
      id: 'replay.faster',
      title: 'Play faster',
      group: 'Replay',
      keys: ['KeyL'],
      isDisabled: replay === null,
      run: () => control.changeSpeed(1),
    },
    {
      id: 'replay.leave',
      title: isLive ? 'Follow what is recorded now' : 'Leave the replay',
      group: 'Replay',
      keys: ['Escape'],
      isDisabled: replay === null,
      run: control.leave,
    },
  ];
}
