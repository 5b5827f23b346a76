import { once } from 'node:events';
import { join } from 'node:path';
import { CollectorProcess } from '../kit/collector-process.ts';
import { ControllerProcess } from '../kit/controller-process.ts';

export interface AgentPlace {
  /** Of the collector: socket and ledger, which outlive it. */
  readonly folder: string;
  /** Path of the cgroup below which tasks are found and may be allocated to. */
  readonly root: string;
}

/** A collector and a controller, either of which can be killed and started again in place. */
export class SoakAgent {
  readonly #place: AgentPlace;
  #collector: CollectorProcess;
  #controller: ControllerProcess;
  restarts = 0;

  private constructor(place: AgentPlace, collector: CollectorProcess) {
    this.#place = place;
    this.#collector = collector;
    this.#controller = startController(place);
  }

  static async start(place: AgentPlace): Promise<SoakAgent> {
    return new SoakAgent(place, await startCollector(place));
  }

  get collector(): CollectorProcess {
    return this.#collector;
  }

  get controller(): ControllerProcess {
    return this.#controller;
  }

  async killCollector(): Promise<void> {
    const closed = once(this.#collector.child, 'close');
    this.#collector.child.kill('SIGKILL');
    await closed;
    this.#collector = await startCollector(this.#place);
    this.restarts += 1;
  }

  async killController(): Promise<void> {
    await this.#controller.stop('SIGKILL');
    this.#controller = startController(this.#place);
    this.restarts += 1;
  }

  /** Exit statuses of controller and collector. */
  async stop(): Promise<readonly [controller: number | null, collector: number | null]> {
    return [await this.#controller.stop(), await this.#collector.stop()];
  }
}

function startCollector({ folder, root }: AgentPlace): Promise<CollectorProcess> {
  return CollectorProcess.start({ folder, args: ['--allocate-below', root] });
}

function startController({ folder, root }: AgentPlace): ControllerProcess {
  return new ControllerProcess({
    collector: join(folder, 'collector.sock'),
    config: [
      'runner: !AllocationRunner',
      '  measurement_runner: !MeasurementRunner',
      '    interval: 0.5',
      '    event_names: [default]',
      `    node: !CgroupNode {include: ["${root}/**"]}`,
      '    metrics_storage: !FilterStorage',
      '      storages:',
      '        - !PrometheusStorage {port: 0}',
      '        - !LogStorage {output_filename: metrics.prom, overwrite: true}',
      '        # Nobody listens there: a storage that is down all the time.',
      '        - !PrometheusRemoteWriteStorage {url: "http://127.0.0.1:1/api/v1/write"}',
      '  allocator: !StaticAllocator',
      '    rules:',
      '      - allocations: {cpu_shares: 0.5}',
      '  allocations_storage: !LogStorage {output_filename: allocations.prom, overwrite: true}',
      '  anomalies_storage: !LogStorage {output_filename: anomalies.prom, overwrite: true}',
      '  lease_seconds: 5',
      '',
    ].join('\n'),
  });
}
