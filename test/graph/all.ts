/** What an export or another run of lines yields, as a list. (`Array.fromAsync` comes with Node 22.) */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const taken: T[] = [];
  for await (const item of items) taken.push(item);
  return taken;
}
