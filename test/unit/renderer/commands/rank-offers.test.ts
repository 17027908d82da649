import { describe, expect, it } from 'vitest';
import { rankOffers } from '../../../../src/renderer/commands/rank-offers';

const offer = (group: string, value: string, ...keywords: string[]) => ({ group, value, keywords });
const OFFERS = [
  offer('Session', 'Record a session session.record', 'new', 'start'),
  offer('Go to', 'Doctor: what this machine can measure go.doctor'),
  offer('Go to', 'Settings go.settings', 'preferences'),
  offer('Sessions', 'gpt2 generate #/session/s-generate'),
  offer('Sessions', 'gpt2 train #/session/s-train'),
];
const ranked = (typed: string) => rankOffers(OFFERS, typed).flatMap(({ offers }) => offers);

describe('offers of the palette', () => {
  it('stand as they came where nothing is typed', () => {
    expect(ranked('')).toEqual(OFFERS);
  });

  it('begin with the best match, whatever group it stands in and however late it came', () => {
    expect(ranked('gpt2 train')[0]?.value).toContain('s-train');
    expect(ranked('doct')[0]?.value).toContain('Doctor');
    expect(ranked('preferences')[0]?.value).toContain('Settings');
    expect(ranked('rec')[0]?.value).toContain('Record');
  });

  it('leave out what does not match, its heading too', () => {
    expect(rankOffers(OFFERS, 'gpt2 gen').map(({ group }) => group)).toEqual(['Sessions']);
    expect(rankOffers(OFFERS, 'zzzz')).toEqual([]);
  });
});
