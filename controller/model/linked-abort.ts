/** A controller that also aborts when another signal does. */
export interface LinkedAbort {
  readonly signal: AbortSignal;
  abort(): void;
  /** Must be called in the end: the other signal lives longer. */
  unlink(): void;
}

/** As `AbortSignal.any`, which keeps what it made alive as long as the longest-living signal (nodejs/node#54614). */
export function linkAbort(to: AbortSignal): LinkedAbort {
  const controller = new AbortController();
  const abort = (): void => controller.abort(to.reason);
  if (to.aborted) abort();
  else to.addEventListener('abort', abort, { once: true });
  return {
    signal: controller.signal,
    abort: () => controller.abort(),
    unlink: () => to.removeEventListener('abort', abort),
  };
}
