/** What one run of a chore may ask of D1; what is left is the next hour's. */
const mostPieces = 200;

/**
 * Repeats a statement that takes at most `pieceRows` rows, until it takes fewer: each piece is gone before the next one is
 * looked for. How many rows it took in all, and in how many pieces.
 */
export async function inPieces(pieceRows: number, take: (limit: number) => Promise<number>): Promise<{ rows: number; pieces: number }> {
  let rows = 0;
  for (let pieces = 1; pieces <= mostPieces; pieces += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other, as said
    const taken = await take(pieceRows);
    rows += taken;
    if (taken < pieceRows) return { rows, pieces };
  }
  return { rows, pieces: mostPieces };
}
