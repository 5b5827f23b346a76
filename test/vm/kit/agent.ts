import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CollectorProcess } from '../../kit/collector-process.ts';
import { ControllerProcess } from '../../kit/controller-process.ts';
import { type ReadSample, readExposition } from '../../kit/exposition-reader.ts';

export interface AgentOptions {
  /** Paths of cgroups, which may come and go. */
  readonly tasks: readonly string[];
  readonly events?: readonly string[];
  readonly intervalSeconds?: number;
  /** More lines of the runner, indented by two. */
  readonly runner?: readonly string[];
  /** What the collector may write to the kernel: `wss-reset`. */
  readonly allow?: readonly string[];
}

/** The metrics of one iteration, read by an independent reader from what the agent wrote. */
export class Samples {
  readonly all: readonly ReadSample[];

  constructor(text: string) {
    this.all = readExposition(text);
  }

  /** Value of a series; the labels need not be all. undefined: there is no such series. */
  find(name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
    const sample = this.all.find(
      (candidate) =>
        candidate.name === name && Object.entries(labels).every(([key, value]) => candidate.labels[key] === value),
    );
    return sample === undefined ? undefined : Number(sample.value);
  }

  /** As find; throws, naming what there is, when there is no such series. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number {
    const value = this.find(name, labels);
    if (value !== undefined) return value;
    const same = this.all.filter((sample) => sample.name === name).map((sample) => JSON.stringify(sample.labels));
    throw new Error(`no ${name} of ${JSON.stringify(labels)}; there are ${same.join(' ') || 'none'}`);
  }

  /** Names of the metrics that a task has, sorted. */
  namesOfTask(taskId: string): readonly string[] {
    const found = this.all.filter(({ labels }) => labels['task_id'] === taskId).map(({ name }) => name);
    return [...new Set(found)].sort();
  }
}

/** A collector and a controller of this build, measuring cgroups of the guest into a file. */
export class Agent {
  readonly collector: CollectorProcess;
  readonly controller: ControllerProcess;

  private constructor(collector: CollectorProcess, controller: ControllerProcess) {
    this.collector = collector;
    this.controller = controller;
  }

  static async start(options: AgentOptions): Promise<Agent> {
    const folder = mkdtempSync(join(tmpdir(), 'wca-collector-'));
    // At the same time: it takes each of them seconds, and the controller waits for the collector.
    const { allow = [] } = options;
    const args = allow.length === 0 ? [] : ['--allow', allow.join(',')];
    const starting = CollectorProcess.start({ folder, args });
    const socket = join(folder, 'collector.sock');
    const controller = new ControllerProcess({ config: formatConfig(options), collector: socket });
    try {
      return new Agent(await starting, controller);
    } catch (thrown) {
      await controller.stop(); // else it would keep this process from ending
      throw thrown;
    }
  }

  /**
   * The metrics of an iteration measured after now in which the wanted holds. Rejects with the agent's logs when it
   * does not come in two minutes.
   */
  async samples(wanted: (samples: Samples) => boolean = () => true): Promise<Samples> {
    const fromSeconds = Date.now() / 1000;
    let last = '';
    for (const endMs = performance.now() + 120_000; performance.now() < endMs; ) {
      const text = this.controller.read('metrics.prom');
      if (text !== last && text !== '') {
        last = text;
        const samples = new Samples(text);
        if ((samples.find('platform_last_seen') ?? 0) > fromSeconds && wanted(samples)) return samples;
      }
      if (this.controller.child.exitCode !== null) break;
      await sleep(100);
    }
    const logs = `${this.controller.log.slice(-3000)}\n${this.collector.lines.slice(-10).join('\n')}`;
    throw new Error(`no iteration is as wanted\n${logs}\n${last.slice(0, 6000)}`);
  }

  /** As samples, of an iteration in which a task was measured. */
  samplesOf(taskId: string): Promise<Samples> {
    const fromSeconds = Date.now() / 1000;
    return this.samples((samples) => (samples.find('task_last_seen', { task_id: taskId }) ?? 0) > fromSeconds);
  }

  async stop(): Promise<void> {
    await this.controller.stop();
    await this.collector.stop();
  }
}

function formatConfig({ tasks, events = [], intervalSeconds = 1, runner = [] }: AgentOptions): string {
  return [
    'runner: !MeasurementRunner',
    `  interval: ${intervalSeconds}`,
    `  event_names: ${JSON.stringify(events)}`,
    `  node: !StaticNode {tasks: ${JSON.stringify(tasks)}, require_pids: false}`,
    '  metrics_storage: !LogStorage {output_filename: metrics.prom, overwrite: true}',
    ...runner,
    '',
  ].join('\n');
}
