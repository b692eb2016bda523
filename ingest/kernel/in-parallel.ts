/** Work on many things at once whose results come in the order of the things. */

/** Things on their way at most: enough for every core, few enough for memory. */
const AT_ONCE = 32;

/** `work` of each thing, in order. Nothing runs any more when it ends, whichever way. @throws what `things` and `work` throw. */
export async function* inParallel<T, R>(
  things: AsyncIterable<T> | Iterable<T>,
  work: (thing: T) => Promise<R>,
  atOnce = AT_ONCE,
): AsyncGenerator<R, void, undefined> {
  const running: Promise<R>[] = [];
  try {
    for await (const thing of things) {
      const result = work(thing);
      result.catch(() => undefined); // told when its turn comes
      running.push(result);
      const [first] = running;
      if (running.length < atOnce || first === undefined) continue;
      yield await first;
      void running.shift();
    }
    for (let first = running[0]; first !== undefined; first = running[0]) {
      yield await first;
      void running.shift();
    }
  } finally {
    await Promise.allSettled(running);
  }
}
