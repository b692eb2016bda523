/** The bytes of an archive while a library makes it: what one side breaks, the other side hears. */

/** A stream of Node's, or of streamx, on which tar-stream is built. */
interface LibraryStream extends AsyncIterable<unknown> {
  destroy(): unknown;
}

/**
 * The bytes of `output` while `fill` puts the entries into the library. When `fill` fails, so does this, with its error; when
 * nobody wants the bytes any more, `signal` aborts. Over only when `fill` is, so that no file of the package stays open.
 */
export async function* bytesWhile(
  output: LibraryStream,
  fill: (signal: AbortSignal) => Promise<void>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const stop = new AbortController();
  let failure: { readonly error: unknown } | undefined;
  const filling = fill(stop.signal).catch((error: unknown) => {
    failure ??= { error };
    output.destroy();
  });
  try {
    for await (const chunk of output) yield chunk as Uint8Array;
  } catch (error) {
    failure ??= { error };
  } finally {
    output.destroy();
    stop.abort();
    await filling;
  }
  if (failure !== undefined) throw failure.error;
}
