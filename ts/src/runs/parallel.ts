/**
 * Does work for each item, at most `width` at once; the results are in the order of the items. After an error no further item is
 * begun, and the error is thrown when what was begun has ended.
 */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<Result> | Result,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  let next = 0;
  const lane = async (): Promise<void> => {
    try {
      for (let index = next++; index < items.length; index = next++) results[index] = await work(items[index] as Item);
    } catch (error) {
      next = items.length;
      throw error;
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(width, items.length) }, lane));
  for (const lane of lanes) if (lane.status === 'rejected') throw lane.reason;
  return results;
}
