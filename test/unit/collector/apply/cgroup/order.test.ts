import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { orderCgroupWrites } from '../../../../../collector/apply/cgroup/order.ts';
import type { KnobId } from '../../../../../collector/apply/knob.ts';
import type { DesiredKnob } from '../../../../../collector/apply/ports.ts';
import { formatIdList, parseIdList } from '../../../../../shared/kernel-text/list-format.ts';

type FileId = Extract<KnobId, { readonly kind: 'cgroup' }>;

const idOf = (path: string, file: string): FileId => ({ kind: 'cgroup', hierarchy: 'cpu', path, inode: '1', file });

/** The rules by which a v1 kernel takes or refuses a write (sched-bwc.rst, cpusets.rst). */
class KernelModel {
  readonly texts = new Map<string, string>();
  readonly paths: readonly string[];

  constructor(paths: readonly string[]) {
    this.paths = paths;
  }

  set(path: string, file: string, text: string): void {
    this.texts.set(`${path} ${file}`, text);
  }

  get(path: string, file: string): string {
    return this.texts.get(`${path} ${file}`) ?? assert.fail(`${path} has no ${file}`);
  }

  /** Throws when the kernel would refuse. */
  write({ id, text }: DesiredKnob): void {
    assert.equal(id.kind, 'cgroup');
    if (id.kind !== 'cgroup') return;
    this.set(id.path, id.file, text);
    const fault = id.file.startsWith('cpuset.') ? this.#faultOfSets(id.file) : this.#faultOfBandwidth();
    assert.equal(fault, undefined, `${id.path} ${id.file} = ${text}: ${fault}`);
  }

  isValid(): boolean {
    const files = new Set([...this.texts.keys()].map((key) => key.split(' ')[1]));
    if (files.has('cpuset.cpus')) return this.#faultOfSets('cpuset.cpus') === undefined;
    return this.#faultOfBandwidth() === undefined;
  }

  #faultOfSets(file: string): string | undefined {
    for (const path of this.paths) {
      const own = parseIdList(this.get(path, file));
      if (own.length === 0) return `${path} is empty`;
      const parent = this.#parentOf(path);
      const above = parent === undefined ? undefined : parseIdList(this.get(parent, file));
      if (above !== undefined && !own.every((id) => above.includes(id))) return `${path} has more than ${parent}`;
    }
    return undefined;
  }

  #faultOfBandwidth(): string | undefined {
    for (const path of this.paths) {
      const burst = Number(this.get(path, 'cpu.cfs_burst_us'));
      const quota = Number(this.get(path, 'cpu.cfs_quota_us'));
      if (quota >= 0 && burst > quota) return `${path}: burst above quota`;
      const parent = this.#parentOf(path);
      if (parent !== undefined && this.#limitOf(path) > this.#limitOf(parent)) return `${path} has more than ${parent}`;
    }
    return undefined;
  }

  /** Unlimited: what the parent has. */
  #limitOf(path: string): number {
    const quota = Number(this.get(path, 'cpu.cfs_quota_us'));
    const parent = this.#parentOf(path);
    if (quota < 0) return parent === undefined ? Number.POSITIVE_INFINITY : this.#limitOf(parent);
    return quota / Number(this.get(path, 'cpu.cfs_period_us'));
  }

  #parentOf(path: string): string | undefined {
    const above = path.slice(0, path.lastIndexOf('/'));
    return this.paths.includes(above) ? above : undefined;
  }
}

const paths = ['/pod', '/pod/a', '/pod/b', '/pod/b/c'];

function stateOf(values: ReadonlyMap<string, Readonly<Record<string, string>>>): KernelModel {
  const model = new KernelModel(paths);
  for (const [path, files] of values) for (const [file, text] of Object.entries(files)) model.set(path, file, text);
  return model;
}

/** From one valid state to another: every write on the way is accepted, and nothing is missing at the end. */
function checkWay(from: KernelModel, to: KernelModel): void {
  const desired = [...to.texts].map(([key, text]): DesiredKnob => {
    const [path = '', file = ''] = key.split(' ');
    return { type: 'cpu_quota', id: idOf(path, file), text };
  });
  const present = {
    read: (id: KnobId): string | undefined =>
      id.kind === 'cgroup' ? from.texts.get(`${id.path} ${id.file}`) : undefined,
    isSame: (_id: KnobId, a: string, b: string): boolean => a === b,
  };
  for (const write of orderCgroupWrites(desired, present)) from.write(write);
  assert.deepEqual([...from.texts].sort(), [...to.texts].sort());
}

const bandwidth = fc
  .record({
    period: fc.constantFrom('1000', '50000', '100000'),
    quota: fc.option(fc.integer({ min: 1000, max: 400_000 }), { nil: -1 }),
    burst: fc.integer({ min: 0, max: 2000 }),
  })
  .map(({ period, quota, burst }) => ({
    'cpu.cfs_period_us': period,
    'cpu.cfs_quota_us': String(quota),
    'cpu.cfs_burst_us': String(quota < 0 ? burst : Math.min(burst, quota)),
  }));
const bandwidthState = fc
  .tuple(...paths.map(() => bandwidth))
  .map((all) => stateOf(new Map(paths.map((path, i) => [path, all[i] ?? assert.fail()]))))
  .filter((state) => state.isValid());

test('v1 quotas: from any valid state to any other each write is accepted', () => {
  fc.assert(fc.property(bandwidthState, bandwidthState, checkWay), { numRuns: 500 });
});

const ids = fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { minLength: 1 }).map(formatIdList);
const setState = fc
  .tuple(...paths.map(() => ids))
  .map((all) => stateOf(new Map(paths.map((path, i) => [path, { 'cpuset.cpus': all[i] ?? assert.fail() }]))))
  .filter((state) => state.isValid());

test('v1 cpusets: from any valid state to any other each write is accepted', () => {
  fc.assert(fc.property(setState, setState, checkWay), { numRuns: 300 });
});

test('what is as desired is not written', () => {
  const desired: DesiredKnob = { type: 'cpu_shares', id: idOf('/a', 'cpu.shares'), text: '512' };
  const present = (text: string) => ({ read: () => text, isSame: (_: KnobId, a: string, b: string) => a === b });
  assert.deepEqual(orderCgroupWrites([desired], present('512')), []);
  assert.deepEqual(orderCgroupWrites([desired], present('1024')), [desired]);
});

test('v2: a burst is lowered before the quota and raised after it', () => {
  const max = { type: 'cpu_quota', id: idOf('/a', 'cpu.max'), text: '20000 100000' } as const;
  const burst = (text: string): DesiredKnob => ({ type: 'cpu_burst', id: idOf('/a', 'cpu.max.burst'), text });
  const present = {
    read: (id: KnobId): string => (id.kind === 'cgroup' && id.file === 'cpu.max' ? '50000 100000' : '30000'),
    isSame: (_: KnobId, a: string, b: string): boolean => a === b,
  };
  assert.deepEqual(orderCgroupWrites([max, burst('10000')], present), [burst('10000'), max]);
  assert.deepEqual(orderCgroupWrites([burst('40000'), max], present), [max, burst('40000')]);
});

test('controllers are enabled from the root down and disabled from the leaves up, around everything else', () => {
  const controller = (path: string, text: string): DesiredKnob => ({
    type: 'cpuset_cpus',
    id: { kind: 'controller', path, inode: '1', controller: 'cpuset' },
    text,
  });
  const file: DesiredKnob = { type: 'cpuset_cpus', id: idOf('/a/b', 'cpuset.cpus'), text: '0' };
  const present = (text: string | undefined) => ({
    read: () => text,
    isSame: (_: KnobId, a: string, b: string) => a === b,
  });
  const on = [controller('/', 'on'), controller('/a', 'on')];
  assert.deepEqual(orderCgroupWrites([file, ...on.toReversed()], present('off')), [...on, file]);
  const off = [controller('/a', 'off'), controller('/', 'off')];
  assert.deepEqual(orderCgroupWrites(off.toReversed(), present('on')), off);
});
