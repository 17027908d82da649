/**
 * What a person changed of the lanes, kept in the address: a link restores it, back and forward walk through it, undo
 * takes it back. An edge that is dragged is told once it rests.
 *
 *     lanes=gpu0.power*140,gpu0.fan*shown,log*hidden,residual*folded
 */
import { useEffect } from 'react';
import type { LaneSetting, LaneSettings } from '../chart/lane';
import { LEAST_HEIGHT } from '../chart/lane-layout';
import { readParameters, setParameters, subscribe } from '../state/router';
import type { Store } from '../state/store';
import { changes } from '../state/undo';

const REST_MS = 250;
/** What an address may ask for: it comes from anywhere. */
const MOST_LANES = 200;
const MOST_HEIGHT = 2000;

export function formatLanes(settings: LaneSettings): string | null {
  const told = Object.entries(settings).flatMap(([id, { height, isFolded, isHidden }]) => {
    const words = [
      ...(isHidden === undefined ? [] : [isHidden ? 'hidden' : 'shown']),
      ...(isFolded === true ? ['folded'] : []),
      ...(height === undefined ? [] : [String(Math.round(height))]),
    ];
    return words.length === 0 ? [] : [[id, ...words].join('*')];
  });
  return told.length === 0 ? null : told.sort().join(',');
}

/** What it does not understand it passes over. */
export function parseLanes(text: string | null): LaneSettings {
  const lanes = (text ?? '').split(',', MOST_LANES).flatMap((lane) => {
    const [id = '', ...words] = lane.split('*');
    const setting = words.reduce(addWord, {} as LaneSetting);
    return id === '' || Object.keys(setting).length === 0 ? [] : [[id, setting] as const];
  });
  return Object.fromEntries(lanes);
}

function addWord(setting: LaneSetting, word: string): LaneSetting {
  if (word === 'hidden' || word === 'shown') return { ...setting, isHidden: word === 'hidden' };
  if (word === 'folded') return { ...setting, isFolded: true };
  const height = /^\d{1,4}$/.test(word) ? Number(word) : 0;
  return height >= LEAST_HEIGHT && height <= MOST_HEIGHT ? { ...setting, height } : setting;
}

const lanesInAddress = (): string | null => readParameters(location.hash).get('lanes');

/** `settings`: the same store for as long as the view is the same. */
export function useAddressedLanes(settings: Store<LaneSettings>): void {
  useEffect(() => {
    let timer = 0;
    const tell = () => {
      if (timer === 0) return;
      window.clearTimeout(timer);
      timer = 0;
      setParameters({ lanes: formatLanes(settings.get()) }, 'lanes');
    };
    const follow = () => {
      const said = parseLanes(lanesInAddress());
      if (formatLanes(said) !== formatLanes(settings.get())) settings.set(said);
    };
    follow();
    const offs = [
      // An address that changes while an edge rests must not put the edge back.
      subscribe(() => {
        if (timer === 0) follow();
      }),
      changes.beforeUndo(tell),
      settings.subscribe(() => {
        window.clearTimeout(timer);
        timer = window.setTimeout(tell, REST_MS);
      }),
    ];
    return () => {
      for (const off of offs) off();
      window.clearTimeout(timer);
    };
  }, [settings]);
}
