/** A line on stderr for the person who waits. */
export function say(text: string): void {
  process.stderr.write(`test:vm: ${text}\n`);
}

/** Time since a moment of performance.now(): "3.4 s". */
export function duration(startMs: number): string {
  return `${((performance.now() - startMs) / 1000).toFixed(1)} s`;
}
