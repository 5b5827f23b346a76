import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../shared/lifecycle/clock.ts';
import type { Step } from '../../shared/rpc/watch-messages.ts';
import type { SharedSource } from './shared-source.ts';
import type { Subscriber } from './subscriber.ts';

/** The sources of these subscribers, each once. */
export function sourcesOf(due: readonly Subscriber[]): Set<SharedSource> {
  return new Set(due.flatMap(({ options }) => options.sources));
}

/**
 * Reads the optional sources of the subscribers that are due: the platform's columns, then the targets', each once in a
 * tick, giving other work of the process a turn after each slice of time. Answers how long each source took.
 */
export async function readSources(
  due: readonly Subscriber[],
  { clock, tick, sliceMs }: { readonly clock: Clock; readonly tick: number; readonly sliceMs: number },
): Promise<Step[]> {
  const steps: Step[] = [];
  for (const source of sourcesOf(due)) {
    let spentMs = 0;
    let startMs = clock.monotonicMs();
    source.readPlatform(tick);
    for (const { options, readings } of due) {
      const place = options.sources.indexOf(source);
      if (place < 0) continue;
      for (const ofTarget of readings) {
        ofTarget[place]?.read(tick);
        const elapsedMs = clock.monotonicMs() - startMs;
        if (elapsedMs < sliceMs) continue;
        spentMs += elapsedMs;
        await setImmediate();
        startMs = clock.monotonicMs();
      }
    }
    spentMs += clock.monotonicMs() - startMs;
    steps.push({ name: source.source.name, seconds: spentMs / 1000 });
  }
  return steps;
}
