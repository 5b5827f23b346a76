import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, type TestContext } from 'node:test';
import type { AllocationValue } from '../../../shared/allocation/values.ts';
import type { AllocationClient } from '../../kit/allocation-client.ts';
import { TestCgroups } from '../../kit/cgroups.ts';
import { connectInstalled, installPackage, purgePackage } from './installed.ts';
import { isV2, readControl } from './units.ts';

const half: AllocationValue = { type: 'cpu_quota', quotaUs: 50_000, periodUs: 100_000 };

/** Two cgroups and a unit that the installed package may allocate, for all tests of a file. */
export class LeasedScene {
  /** Name of the unit that a test starts. */
  readonly unit = 'wca-unit';
  /** Its cgroup. */
  readonly service = '/system.slice/wca-unit.service';
  /** What the unit needs to have a cgroup for the CPU: on v1 it comes with the first property that needs it. */
  readonly unitLines: readonly string[] = isV2 ? [] : ['CPUShares=1000'];
  /** Cgroup that is allocated under a lease. */
  readonly leased: string;
  /** Cgroup that is allocated until somebody restores it. */
  readonly lasting: string;
  /** The control file that is written. */
  readonly file = isV2 ? 'cpu.max' : 'cpu.cfs_quota_us';
  /** What is written there. */
  readonly halfText = isV2 ? '50000 100000' : '50000';
  readonly original: string | undefined;

  /** Installs the package before the first test of the file and removes it after the last. */
  static make(): LeasedScene {
    const cgroups = TestCgroups.make((why) => {
      throw new Error(why);
    });
    if (cgroups === undefined) throw new Error('no cgroups');
    const scene = new LeasedScene(cgroups);
    before(async () => {
      const below = [cgroups.root, scene.service];
      await installPackage({ collector: { operators: ['root'], allocate: { below } } });
    });
    after(() => {
      if (existsSync('/usr/bin/wca-ctl')) purgePackage();
      cgroups.remove();
    });
    return scene;
  }

  private constructor(cgroups: TestCgroups) {
    this.leased = cgroups.add('leased');
    this.lasting = cgroups.add('lasting');
    this.original = readControl(this.leased, this.file);
  }

  /** A client, closed with the test. */
  connect(t: TestContext): AllocationClient {
    const client = connectInstalled();
    t.after(() => client.close());
    return client;
  }

  /** Gives a cgroup half a CPU until somebody restores it. */
  async allocateLasting(path: string): Promise<void> {
    await this.#use((client) => client.apply(path, [half]));
  }

  /** Gives both cgroups half a CPU: one under a lease of ten minutes, one without. */
  async allocateBoth(): Promise<void> {
    await this.allocateLasting(this.lasting);
    const lease = { id: 'test', ttlMs: 600_000 };
    const [result] = await this.#use((client) => client.allocate([{ path: this.leased, values: [half] }], { lease }));
    assert.equal(result?.error, undefined);
    assert.deepEqual(this.texts(), [this.halfText, this.halfText]);
  }

  /** Closed at once: a client that connects again would start a collector that a test has stopped. */
  async #use<T>(work: (client: AllocationClient) => Promise<T>): Promise<T> {
    const client = connectInstalled();
    try {
      return await work(client);
    } finally {
      client.close();
    }
  }

  /** The control file of the leased and of the lasting cgroup. */
  texts(): readonly (string | undefined)[] {
    return [this.leased, this.lasting].map((path) => readControl(path, this.file));
  }
}
