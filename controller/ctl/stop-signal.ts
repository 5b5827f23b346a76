const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Calls `stop` at Ctrl-C, SIGTERM and when the terminal is closed; the function it returns ends that. */
export function onStopSignal(stop: (signal: NodeJS.Signals) => void): () => void {
  for (const signal of stopSignals) process.on(signal, stop);
  return () => {
    for (const signal of stopSignals) process.off(signal, stop);
  };
}
