import { appendFileSync, mkdtempSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { assemble, type Collector } from '../../collector/assemble.ts';
import { probeHost } from '../../collector/host-probe.ts';
import type { PeerCredentials } from '../../collector/kernel/libc.ts';
import type { Permission } from '../../collector/permissions.ts';
import { noRoles } from '../../collector/service/peers.ts';
import type { SourcePlan } from '../../collector/watch/ports.ts';
import { CollectorClient } from '../../controller/collectors/client.ts';
import type { Delivery } from '../../controller/model/delivery.ts';
import { loadContract } from '../../shared/rpc/proto.ts';
import type { Roster, Schema, Target, WatchSpec } from '../../shared/rpc/watch-messages.ts';
import { decodeWatchResponse } from '../../shared/rpc/watch-response-codec.ts';
import { noAllocationHost } from './fake-allocation-service.ts';
import { FakeLibc, type PerfOpen } from './fake-libc.ts';
import { groupRead } from './perf-bytes.ts';
import { type KernelName, TempKernel } from './temp-kernel.ts';
import { type View, WatchStream } from './watch-stream.ts';

/** Longer than any test: a stream brings its first snapshot at once, and no other. */
const intervalMs = 60_000;
const firstRealtimeNs = 1_600_000_000_500_000_000n;
const secondNs = 1_000_000_000n;

class WelcomingLibc extends FakeLibc {
  override peerCredentials(_fd: number): PeerCredentials {
    return { pid: 1, uid: 0, gid: 0 };
  }
}

/**
 * A whole collector in this process on the files of a kernel tree, asked over its socket. Each stream brings one reading
 * of everything. Streams stay open, so that the next reading goes on where the last one stopped.
 */
export class GoldenHost {
  readonly kernel: TempKernel;
  readonly #folder = mkdtempSync(join(tmpdir(), 'wca-golden-'));
  readonly #contract = loadContract();
  readonly #clients: { close(): void }[] = [];
  #collector: Collector | undefined;
  #readings = 0;

  constructor(name: KernelName) {
    this.kernel = new TempKernel(name);
  }

  /** Looks at the tree as it is now. `allow`: what the collector may write to the kernel. */
  async start(allow: readonly Permission[] = []): Promise<void> {
    const libc = new WelcomingLibc(undefined, { file: (open) => this.#tapeOf(open) });
    const { roots } = this.kernel;
    const facts = probeHost(roots, libc);
    const logger = pino({ level: 'silent' });
    this.#collector = assemble({
      roots,
      libc,
      facts,
      descriptorLimit: 10_000,
      allow: new Set(allow),
      roles: noRoles,
      tls: undefined,
      allocation: noAllocationHost,
      logger,
    });
    await this.#collector.service.start({ address: this.address, mode: 0o600, gid: undefined }, undefined);
  }

  get address(): string {
    return `unix:${join(this.#folder, 'collector.sock')}`;
  }

  client(): CollectorClient {
    const client = new CollectorClient(this.address, () => this.#contract.createCollectorClient(this.address));
    this.#clients.push(client);
    return client;
  }

  /** What the next read of a group returns: `cgroup` is a path below the hierarchy, or the number of a PMU's type. */
  perf(cgroup: string | number, cpu: number, reading: Parameters<typeof groupRead>[0]): void {
    appendFileSync(this.#tape(String(cgroup), cpu), groupRead(reading));
  }

  /** A reading of everything, two seconds after the one before by its own times. */
  async read(spec: Partial<WatchSpec>, targets: readonly Target[]): Promise<Delivery> {
    const client = this.#contract.createCollectorClient(this.address);
    this.#clients.push(client);
    const stream = new WatchStream(client, { ...spec, intervalMs });
    stream.update(targets);
    return this.#deliver(await stream.next());
  }

  /** The same with sources of a test's own, of parts of a kernel that plain files cannot be; not over the socket. */
  async readWith(plans: readonly SourcePlan[], targets: readonly Target[]): Promise<Delivery> {
    const sampler = this.#collector?.sampler;
    if (sampler === undefined) throw new Error('not started');
    const view = await new Promise<View>((resolve, reject) => {
      const seen: { schema?: Schema; roster?: Roster } = {};
      const send = (frame: Buffer, flushed: () => void): void => {
        flushed();
        const response = decodeWatchResponse(frame);
        if (response.kind === 'schema') seen.schema = response.schema;
        else if (response.kind === 'roster') seen.roster = response.roster;
        else if (response.kind === 'snapshot' && seen.schema !== undefined && seen.roster !== undefined) {
          resolve({ schema: seen.schema, roster: seen.roster, snapshot: response.snapshot });
        }
      };
      const subscriber = sampler.subscribe(
        { peer: 'test', intervalMs, events: undefined, costlyEvery: 1, sink: { send }, onFailure: reject },
        plans,
      );
      subscriber.enqueue({ revision: 1, upsert: targets, remove: [] }, () => {});
      sampler.wake();
    });
    return this.#deliver(view);
  }

  #deliver({ schema, roster, snapshot }: View): Delivery {
    const elapsedNs = 2n * secondNs * BigInt(this.#readings);
    this.#readings += 1;
    // Inodes differ from run to run, and rows of containers from stream to stream.
    const generations = new Uint32Array(snapshot.generations.length);
    const times = { realtimeNs: firstRealtimeNs + elapsedNs, monotonicNs: elapsedNs };
    return { attachment: 1, schema, roster, snapshot: { ...snapshot, ...times, generations } };
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.#collector?.service.stop();
    await this.#collector?.sampler.stop();
    this.kernel.remove();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** The file of a group: each descriptor reads it from the beginning, a record after the other. */
  #tapeOf({ pid, cpu, type }: PerfOpen): string {
    const owner = pid < 0 ? String(type) : readlinkSync(`/proc/self/fd/${pid}`);
    const below = owner.replace(`${this.kernel.folder}/cgroup`, '').replace(/^\/(perf_event|unified)(?=\/|$)/, '');
    const path = this.#tape(below, cpu);
    appendFileSync(path, '');
    return path;
  }

  #tape(owner: string, cpu: number): string {
    return join(this.#folder, `${encodeURIComponent(owner)}@${cpu}`);
  }
}
