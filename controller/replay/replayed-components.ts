import { systemClock } from '../../shared/lifecycle/clock.ts';
import type { Allocator } from '../allocators/allocator.ts';
import { checkAnomalies } from '../allocators/check-result.ts';
import type { AnyDefinition, Definition } from '../config/component.ts';
import type { ComponentContext } from '../config/context.ts';
import type { ComponentKind } from '../config/kinds.ts';
import type { Need } from '../config/need.ts';
import { Registry } from '../config/registry.ts';
import type { Checked } from '../config/site.ts';
import { checkDetectionResult } from '../detectors/check-detection.ts';
import type { AnomalyDetector, DetectionResult } from '../detectors/detector.ts';
import type { AllocationResult } from '../model/allocation.ts';
import type { Anomaly } from '../model/anomaly.ts';
import type { Platform } from '../model/platform.ts';
import type { TasksData } from '../model/task-data.ts';
import type { Node } from '../nodes/node.ts';
import type { Findings } from './findings.ts';
import type { PendingWork } from './pending-work.ts';

export interface ReplayedParts {
  readonly node: Node;
  readonly findings: Findings;
  readonly work: PendingWork;
}

/**
 * The same tags for a replay: nodes are the recorded tasks, storages work in real time, what detectors and allocators
 * answer is noted. Parameters are checked as always.
 */
export function replayedRegistry(registry: Registry, parts: ReplayedParts): Registry {
  const replayed = new Registry();
  for (const { definition, source } of registry.list()) replayed.add(replayedDefinition(definition, parts), source);
  return replayed;
}

function replayedDefinition(definition: AnyDefinition, { node, findings, work }: ReplayedParts): AnyDefinition {
  const by = `!${definition.tag}`;
  switch (definition.kind) {
    case 'node':
      return remade(definition, () => node);
    case 'storage':
      // Receivers and disks live in the present.
      return remade(definition, (make, context) => make({ ...context, clock: systemClock }));
    case 'detector':
      return remade(definition, (make, context) => new ReplayedDetector(make(context), { by, findings, work }));
    case 'allocator':
      return remade(definition, (make, context) => new ReplayedAllocator(make(context), { by, findings, work }));
    default:
      return definition;
  }
}

function remade<K extends ComponentKind, T>(
  definition: Definition<K, T>,
  remake: (make: Checked<T>, context: ComponentContext) => T,
): Definition<K, T> {
  return {
    ...definition,
    check: (node, site) => {
      const make = definition.check(node, site);
      return make === undefined ? undefined : (context) => remake(make, context);
    },
  };
}

interface Noting {
  readonly by: string;
  readonly findings: Findings;
  readonly work: PendingWork;
}

class ReplayedDetector implements AnomalyDetector {
  readonly #detector: AnomalyDetector;
  readonly #noting: Noting;

  constructor(detector: AnomalyDetector, noting: Noting) {
    this.#detector = detector;
    this.#noting = noting;
  }

  needs(): readonly Need[] {
    return this.#detector.needs?.() ?? [];
  }

  async detect(platform: Platform, tasks: TasksData, signal: AbortSignal): Promise<DetectionResult> {
    const answer = await this.#noting.work.track(() => this.#detector.detect(platform, tasks, signal), signal);
    note(this.#noting, platform, () => checkDetectionResult(answer).anomalies);
    return answer;
  }

  close(): Promise<void> {
    return this.#noting.work.track(() => this.#detector.close?.());
  }
}

class ReplayedAllocator implements Allocator {
  readonly #allocator: Allocator;
  readonly #noting: Noting;

  constructor(allocator: Allocator, noting: Noting) {
    this.#allocator = allocator;
    this.#noting = noting;
  }

  needs(): readonly Need[] {
    return this.#allocator.needs?.() ?? [];
  }

  async allocate(platform: Platform, tasks: TasksData, signal: AbortSignal): Promise<AllocationResult> {
    const answer = await this.#noting.work.track(() => this.#allocator.allocate(platform, tasks, signal), signal);
    note(this.#noting, platform, () => checkAnomalies(answer.anomalies ?? []));
    return answer;
  }

  close(): Promise<void> {
    return this.#noting.work.track(() => this.#allocator.close?.());
  }
}

/** An answer that is nonsense is told by the runner, who checks it as well. */
function note({ by, findings }: Noting, platform: Platform, anomaliesOf: () => readonly Anomaly[]): void {
  try {
    findings.addAnomalies(by, Math.round(platform.timestamp * 1000), anomaliesOf());
  } catch {
    findings.addAnomalies(by, Math.round(platform.timestamp * 1000), []);
  }
}
