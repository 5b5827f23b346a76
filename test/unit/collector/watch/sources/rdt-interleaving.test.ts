import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { TargetReading } from '../../../../../collector/watch/ports.ts';
import { inRoot, RdtBench } from '../../../../kit/rdt-bench.ts';

/** Whatever happens in whatever order: groups of others are never touched, no thread is lost silently. */

const paths = ['/a', '/a/b', '/a/b/c', '/a-b'];
const controls = ['', 'batch'];

type Event =
  | { readonly kind: 'open' | 'close' | 'thread' | 'removeCgroup'; readonly path: string }
  | { readonly kind: 'fork' | 'end'; readonly pick: number }
  | { readonly kind: 'place'; readonly pick: number; readonly control: string; readonly foreign: boolean }
  | { readonly kind: 'fail'; readonly call: string; readonly errno: string }
  | { readonly kind: 'enter'; readonly pick: number; readonly path: string }
  | { readonly kind: 'limbo'; readonly count: number }
  | { readonly kind: 'removeOwn'; readonly pick: number }
  | { readonly kind: 'tick' };

const path = fc.constantFrom(...paths);
const pick = fc.nat(50);
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Event>({ kind: 'tick' }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('open', 'close', 'thread', 'thread'), path }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('removeCgroup' as const), path }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('fork', 'end'), pick }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('place' as const),
      pick,
      control: fc.constantFrom(...controls),
      foreign: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('fail' as const),
      call: fc.constantFrom('mkdir', 'rmdir', 'write', 'open'),
      errno: fc.constantFrom('EBUSY', 'ENOSPC', 'EINVAL', 'ESRCH', 'ENOENT', 'EIO', 'ENODEV'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('enter' as const), pick, path: fc.constantFrom(...paths, '/nobody') }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('limbo' as const), count: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('removeOwn' as const), pick }) },
);

class Story {
  readonly bench: RdtBench;
  readonly readings = new Map<string, TargetReading>();

  constructor(machine: ConstructorParameters<typeof RdtBench>[1], cleanUps: (() => void)[]) {
    this.bench = new RdtBench({ after: (undo) => cleanUps.push(undo) }, machine);
    const { kernel } = this.bench;
    kernel.addGroup({ control: 'batch', monitoring: '' });
    for (const control of controls) kernel.addGroup({ control, monitoring: 'theirs' });
  }

  async act(happened: Event): Promise<void> {
    const { kernel } = this.bench;
    const ids = [...kernel.threads.keys()];
    const nth = (i: number): number | undefined => ids[i % Math.max(1, ids.length)];
    switch (happened.kind) {
      case 'tick':
        await this.bench.tick([...this.readings.values()]);
        break;
      case 'open':
        if (!this.readings.has(happened.path)) this.readings.set(happened.path, this.bench.open(happened.path));
        break;
      case 'close':
        this.readings.get(happened.path)?.close();
        this.readings.delete(happened.path);
        break;
      case 'thread':
        kernel.addThread(happened.path);
        break;
      case 'removeCgroup':
        kernel.removeCgroup(happened.path);
        break;
      case 'fork': {
        const parent = nth(happened.pick);
        const cgroup = parent === undefined ? undefined : kernel.threads.get(parent)?.cgroup;
        if (cgroup !== undefined) kernel.addThread(cgroup, parent);
        break;
      }
      case 'enter':
        kernel.addCgroup(happened.path);
        kernel.enterCgroup(nth(happened.pick) ?? 0, happened.path);
        break;
      case 'end':
        kernel.endThread(nth(happened.pick) ?? 0);
        break;
      case 'place':
        kernel.place(nth(happened.pick) ?? 0, {
          control: happened.control,
          monitoring: happened.foreign ? 'theirs' : '',
        });
        break;
      case 'fail': {
        // Once: the next such call.
        kernel.fail = (call) => {
          if (call !== happened.call) return undefined;
          kernel.fail = () => undefined;
          return happened.errno;
        };
        break;
      }
      case 'limbo':
        kernel.limbo = happened.count;
        break;
      case 'removeOwn': {
        const own = kernel.groups.filter((name) => name.includes('/wca-'));
        const name = own[happened.pick % Math.max(1, own.length)];
        if (name !== undefined) kernel.removeGroup(placementOf(name));
        break;
      }
    }
  }

  /** The deepest open target of a cgroup. */
  ownerOf(cgroup: string): string | undefined {
    return [...this.readings.keys()]
      .filter((target) => cgroup === target || cgroup.startsWith(`${target}/`))
      .sort((a, b) => b.length - a.length)[0];
  }

  /** Each thread of a target is in its group, or the target's problems say that some are not. */
  check(): void {
    const { kernel } = this.bench;
    for (const [id, { cgroup }] of kernel.threads) {
      const owner = this.ownerOf(cgroup);
      const at = kernel.at(id);
      if (owner === undefined) {
        const target = [...this.readings.keys()].find((path) => at.endsWith(`/${nameOf(path)}`));
        const told = this.readings
          .get(target ?? '')
          ?.problems.some(({ message }) => message.includes('left the target'));
        assert.ok(!at.includes('/wca-') || told === true, `${id} of ${cgroup} is in ${at}, which is no target's`);
        continue;
      }
      if (at.endsWith(`/${nameOf(owner)}`)) continue;
      assert.notEqual(this.readings.get(owner)?.problems.length, 0, `${id} of ${owner} is in ${at}`);
    }
  }
}

function nameOf(path: string): string {
  return `wca-${path.slice(1).replaceAll('-', '%2D').replaceAll('/', '-')}`;
}

function placementOf(name: string): { control: string; monitoring: string } {
  const [control = '', monitoring = ''] = name.split('/mon_groups/');
  return { control: control.slice(1), monitoring };
}

for (const machine of [{}, { tellsPlacement: false, takesLists: false }, { numRmids: 6 }]) {
  test(`foreign groups are untouched and no thread is lost (${JSON.stringify(machine)})`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 40 }), async (events) => {
        const cleanUps: (() => void)[] = [];
        try {
          const story = new Story(machine, cleanUps);
          const { kernel } = story.bench;
          for (const happened of events) await story.act(happened);
          kernel.fail = () => undefined;
          kernel.limbo = 0;
          // Longer than any wait: of a full machine, of an unclaimed group, of a look at all threads.
          for (let i = 0; i < 70; i += 1) await story.act({ kind: 'tick' });
          story.check();
          story.bench.source.close();
          assert.deepEqual(kernel.groups.sort(), ['/batch/mon_groups/theirs', '/mon_groups/theirs']);
          for (const entry of kernel.log) assert.match(entry, /^\w+ (\/batch)?\/mon_groups\/wca-[^/ ]+( [\d,]+)?$/);
          for (const at of [...kernel.threads.keys()].map((id) => kernel.at(id))) {
            assert.ok(!at.includes('wca-'), at);
          }
        } finally {
          for (const undo of cleanUps) undo();
        }
      }),
      { numRuns: 40 },
    );
  });
}

test('the groups of others stay with their threads when everything of WCA is removed', async (t) => {
  const bench = new RdtBench(t);
  bench.kernel.addGroup(inRoot('theirs'));
  const id = bench.kernel.addThread('/a');
  bench.kernel.place(id, inRoot('theirs'));
  bench.open('/a');
  await bench.ticks(2);
  bench.source.close();
  assert.equal(bench.kernel.at(id), '/mon_groups/theirs');
});
