import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  parseDistances,
  parseNodeMemoryBytes,
  readNodeIds,
  readNodes,
} from '../../../../../collector/kernel/numa/nodes.ts';
import { Scratch } from '../../../../../collector/kernel/scratch.ts';
import { TempKernel } from '../../../../kit/temp-kernel.ts';

test('nodes with gaps between their ids keep their ids in CPUs and distances', (t) => {
  const kernel = new TempKernel('5.10-v1-sparse-nodes');
  t.after(() => kernel.remove());
  assert.deepEqual(readNodes(kernel.roots, new Scratch()), [
    {
      id: 0,
      cpus: [0, 1, 4, 5],
      memoryBytes: 8_192_000_000,
      distances: [
        { to: 0, distance: 10 },
        { to: 2, distance: 21 },
      ],
    },
    {
      id: 2,
      cpus: [2],
      memoryBytes: 8_192_000_000,
      distances: [
        { to: 0, distance: 21 },
        { to: 2, distance: 10 },
      ],
    },
  ]);
});

test('a node of memory only has no CPUs', (t) => {
  const kernel = new TempKernel('5.10-v1-sparse-nodes');
  t.after(() => kernel.remove());
  kernel.write('sys/devices/system/node/node2/cpulist', '\n');
  assert.deepEqual(readNodes(kernel.roots, new Scratch())[1]?.cpus, []);
});

test('a kernel without NUMA has no nodes', (t) => {
  const kernel = new TempKernel('6.1-v2-2numa');
  t.after(() => kernel.remove());
  kernel.remove('sys/devices/system/node');
  assert.deepEqual(readNodeIds(kernel.roots), []);
  assert.deepEqual(readNodes(kernel.roots, new Scratch()), []);
});

test('a node that vanishes while it is read is left out', (t) => {
  const kernel = new TempKernel('6.1-v2-2numa');
  t.after(() => kernel.remove());
  kernel.remove('sys/devices/system/node/node1/meminfo');
  assert.deepEqual(
    readNodes(kernel.roots, new Scratch()).map(({ id }) => id),
    [0],
  );
});

for (const [text, ids, distances] of [
  ['10 21\n', [0, 1], [10, 21]],
  ['10', [3], [10]],
  ['', [0], []],
  ['10 21 30', [0, 1], []],
  ['10 x', [0, 1], []],
] as const) {
  test(`distances ${JSON.stringify(text)} of ${ids.length} nodes`, () => {
    assert.deepEqual(
      parseDistances(text, ids),
      distances.map((distance, i) => ({ to: ids[i], distance })),
    );
  });
}

test('the size of a node is exact to the kilobyte, and 0 when it is not told', () => {
  assert.equal(parseNodeMemoryBytes('Node 12 MemTotal:        4417312 kB\n'), 4_523_327_488);
  assert.equal(parseNodeMemoryBytes('Node 12 MemFree: 1 kB\n'), 0);
});
