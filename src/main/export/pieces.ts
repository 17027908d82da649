/** Text leaves in pieces, so that a long session never stands in memory as text. */

/** Characters of a piece, about. */
const PIECE = 262_144;

/** The same text in fewer and longer pieces. */
export function* joinPieces(texts: Iterable<string>): Iterable<string> {
  let piece = '';
  for (const text of texts) {
    piece += text;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}
