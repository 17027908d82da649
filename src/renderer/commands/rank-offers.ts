/**
 * What the palette offers for what is typed, best first. It is ranked here and not by the menu itself, which sorts only
 * what it has already drawn: sessions that arrive after the typing would stand unsorted, and Enter would mean none.
 */
import { defaultFilter } from 'cmdk';

export interface Offer {
  /** One of a kind in the menu; also what is searched. */
  readonly value: string;
  readonly group: string;
  readonly keywords: readonly string[];
}

export interface OfferGroup<T extends Offer> {
  readonly group: string;
  readonly offers: readonly T[];
}

/** Groups by their best offer, offers by how well they match; as they came where nothing is typed or two match alike. */
export function rankOffers<T extends Offer>(offers: readonly T[], typed: string): OfferGroup<T>[] {
  const groups = new Map<string, { best: number; scored: { offer: T; score: number }[] }>();
  for (const offer of offers) {
    const score = typed === '' ? 1 : defaultFilter(offer.value, typed, [...offer.keywords]);
    if (score <= 0) continue;
    const group = groups.get(offer.group) ?? { best: 0, scored: [] };
    group.best = Math.max(group.best, score);
    group.scored.push({ offer, score });
    groups.set(offer.group, group);
  }
  return [...groups]
    .sort(([, a], [, b]) => b.best - a.best)
    .map(([group, { scored }]) => ({
      group,
      offers: scored.sort((a, b) => b.score - a.score).map(({ offer }) => offer),
    }));
}
