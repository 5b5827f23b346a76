import type { Need } from '../../config/need.ts';
import type { Anomaly } from '../../model/anomaly.ts';
import type { Platform } from '../../model/platform.ts';
import type { TasksData } from '../../model/task-data.ts';
import type { AnomalyDetector, DetectionResult } from '../detector.ts';
import { anomalyOf, VerdictCounts } from './findings.ts';
import { type HysteresisOptions, nextSeen, nothingSeen, type Seen } from './hysteresis.ts';
import { type Contender, judge, type Thresholds } from './judge.ts';
import { type HostRates, hostRates, type TaskRates, taskRates } from './rates.ts';
import { type HostSample, type PressureResource, sampleHost, sampleTask, type TaskSample } from './sample.ts';

export interface PsiContentionOptions {
  readonly thresholds: Thresholds;
  readonly hysteresis: HysteresisOptions;
  readonly resources: readonly PressureResource[];
  /** Most of them that an anomaly names. */
  readonly maxContending: number;
  /** What is missing for a verdict has changed; told at the beginning and the end only. */
  readonly onMissing: (missing: readonly string[]) => void;
}

interface Samples {
  readonly host: HostSample;
  readonly tasks: ReadonlyMap<string, TaskSample>;
}

interface Tracked {
  readonly seen: Seen;
  readonly contenders: readonly Contender[];
}

/** Longer between two measurements tells of a time when nobody looked. */
const longestSeconds = 120;

/** Finds neighbours that take what a task waits for, by pressure stall information (field §3.6). */
export class PsiContentionDetector implements AnomalyDetector {
  readonly #options: PsiContentionOptions;
  #before: Samples | undefined;
  /** By `resource id`. */
  #tracked: ReadonlyMap<string, Tracked> = new Map();
  #missing = '';

  constructor(options: PsiContentionOptions) {
    this.#options = options;
  }

  needs(): readonly Need[] {
    return [{ capability: 'psi.cgroup', wantedBy: '!PsiContentionDetector', whenAbsent: 'skipped' }];
  }

  detect(platform: Platform, tasks: TasksData): DetectionResult {
    const host = sampleHost(platform);
    const samples = new Map([...tasks].map(([id, { measurements }]) => [id, sampleTask(measurements, platform)]));
    const before = this.#before;
    this.#before = { host, tasks: samples };
    const seconds = before === undefined ? 0 : host.seconds - before.host.seconds;
    if (before === undefined || !(seconds > 0) || seconds > longestSeconds) {
      // The clock was set, or nobody looked: what was seen before has no age any more.
      this.#tracked = new Map();
      return { anomalies: [] };
    }
    const rates = new Map<string, TaskRates>();
    for (const [id, sample] of samples) {
      const last = before.tasks.get(id);
      if (last !== undefined) rates.set(id, taskRates(last, sample, seconds));
    }
    return this.#decide(rates, hostRates(before.host, host, seconds), host.seconds);
  }

  #decide(tasks: ReadonlyMap<string, TaskRates>, host: HostRates, now: number): DetectionResult {
    const { resources, thresholds, hysteresis, maxContending } = this.#options;
    const counts = new VerdictCounts();
    const anomalies: Anomaly[] = [];
    const missing = new Set<string>();
    const tracked = new Map<string, Tracked>();
    for (const resource of resources) {
      for (const [id, rates] of tasks) {
        const judgement = judge({ resource, id, tasks, host, thresholds });
        counts.add(resource, judgement.verdict);
        for (const name of judgement.missing) missing.add(name);
        const key = `${resource} ${id}`;
        const before = this.#tracked.get(key);
        const isSeen = judgement.verdict === 'neighbour';
        const seen = nextSeen(before?.seen ?? nothingSeen, isSeen, now, hysteresis);
        if (seen === nothingSeen) continue;
        // The last that were seen stand for them while it pauses, without those that have gone.
        const last = isSeen ? judgement.contenders.slice(0, maxContending) : (before?.contenders ?? []);
        const contenders = last.filter((contender) => tasks.has(contender.id));
        tracked.set(key, { seen, contenders });
        if (!seen.isRaised || contenders.length === 0) continue;
        anomalies.push(anomalyOf({ resource, id, contenders, judgement, rates, host }));
      }
    }
    this.#tracked = tracked;
    this.#tellMissing(missing);
    return { anomalies, metrics: counts.metrics() };
  }

  #tellMissing(missing: ReadonlySet<string>): void {
    const names = [...missing].sort();
    const text = names.join();
    if (text === this.#missing) return;
    this.#missing = text;
    this.#options.onMissing(names);
  }
}
