import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { applyAction, parseKeys } from '../../../../controller/ctl/top-keys.ts';
import { renderTopScreen, renderTopTable, sortTasks } from '../../../../controller/ctl/views/top-view.ts';
import type { Style } from '../../../../controller/terminal/style.ts';
import { displayWidth } from '../../../../controller/terminal/text-width.ts';
import type { TaskUsage__Output as TaskUsage } from '../../../../shared/rpc/gen/wca/v1/TaskUsage.ts';
import type { Usage__Output as Usage } from '../../../../shared/rpc/gen/wca/v1/Usage.ts';

const plain: Style = { colour: false, unicode: true, width: 80 };
const top = { sort: 'cpu', offset: 0 } as const;

function usageOf(tasks: readonly Partial<TaskUsage>[]): Usage {
  return {
    sequence: 1,
    realtimeSeconds: 0,
    intervalSeconds: 1,
    host: { hostname: 'h', cpus: 4, memoryTotalBytes: 2 ** 33 },
    tasks: tasks.map((task, index) => ({ id: `/${index}`, name: `task-${index}`, state: 'measured', ...task })),
    features: [],
  };
}

test('the largest comes first, what could not be measured last, equals by name', () => {
  const { tasks } = usageOf([{ cpuCores: 0.1 }, {}, { cpuCores: 2 }, { cpuCores: 0.1, name: 'a' }]);
  assert.deepEqual(
    sortTasks(tasks, 'cpu').map(({ name }) => name),
    ['task-2', 'a', 'task-0', 'task-1'],
  );
});

test('columns nobody has a value for are left out', () => {
  const [head = ''] = renderTopTable(usageOf([{ cpuCores: 1, memoryBytes: 1 }]), top, plain);
  assert.equal(head, 'TASK     CPU     %  MEMORY');
});

test('instructions per cycle take the place of context switches where there is a PMU', () => {
  const software = renderTopTable(usageOf([{ contextSwitchesPerSecond: 5 }]), top, plain)[0] ?? '';
  const hardware = renderTopTable(usageOf([{ contextSwitchesPerSecond: 5, ipc: 1.5 }]), top, plain)[0] ?? '';
  assert.match(software, /SWITCH\/s/);
  assert.match(hardware, /IPC/);
  assert.doesNotMatch(hardware, /SWITCH/);
});

test('cache and memory bandwidth are shown where RDT measures them', () => {
  const usage = usageOf([{ llcOccupancyBytes: 2 ** 20, memoryBandwidthBytesPerSecond: 3 * 2 ** 30 }]);
  const [head = '', row = ''] = renderTopTable(usage, top, plain);
  assert.match(head, /LLC +MEM\/s/);
  assert.match(row, /1\.00 MiB +3\.00 GiB/);
});

test('a value that is absent or not finite is shown as absent', () => {
  const [, row = ''] = renderTopTable(usageOf([{ memoryBytes: Number.NaN }]), top, plain);
  assert.match(row, /^task-0\s+-\s+-\s+-$/);
});

test('a full table fits 80 columns', () => {
  const full = {
    name: 'x'.repeat(200),
    cpuCores: 127.99,
    memoryBytes: 2 ** 40 - 1,
    memoryLimitBytes: 2 ** 40,
    ipc: 1.23,
    pageFaultsPerSecond: 123456,
    cpuPressureRatio: 1,
    memoryPressureRatio: 1,
    ioPressureRatio: 1,
    throttledRatio: 1,
  };
  for (const line of renderTopTable(usageOf([full]), top, plain)) assert.ok(displayWidth(line) <= 80, line);
});

test('a screen has exactly the lines and columns of the terminal, whatever it shows', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ name: fc.string({ unit: 'binary' }), cpuCores: fc.double({ min: 0, max: 512 }) }), {
        maxLength: 40,
      }),
      fc.integer({ min: 5, max: 50 }),
      fc.integer({ min: 40, max: 200 }),
      fc.integer({ min: 0, max: 60 }),
      (tasks, height, width, offset) => {
        const lines = renderTopScreen(
          { usage: usageOf(tasks), state: { sort: 'memory', offset }, height, head: ['head'], foot: ['foot'] },
          { ...plain, width },
        );
        assert.equal(lines.length, height);
        assert.equal(lines.at(-1), 'foot');
        for (const line of lines) assert.ok(displayWidth(line) <= width, line);
      },
    ),
  );
});

test('before the first measurement the screen says that it waits', () => {
  const lines = renderTopScreen({ usage: undefined, state: top, height: 6, head: [], foot: ['q'] }, plain);
  assert.deepEqual(lines, ['', 'waiting for the first measurement', '', '', '', 'q']);
});

test('keys are told apart in one chunk, unknown ones are left out', () => {
  assert.deepEqual(parseKeys('\u001b[Bmx\u001b[99~\u001bOAq'), [
    { kind: 'scroll', lines: 1 },
    { kind: 'sort', sort: 'memory' },
    { kind: 'scroll', lines: -1 },
    { kind: 'quit' },
  ]);
  assert.deepEqual(parseKeys('\u0003'), [{ kind: 'quit' }]);
  assert.deepEqual(parseKeys('__proto__'), []);
});

test('scrolling stays within the rows and sorting goes back to the top', () => {
  assert.deepEqual(applyAction(top, { kind: 'scroll', lines: -1 }, 5), top);
  assert.equal(applyAction(top, { kind: 'scroll', lines: Number.POSITIVE_INFINITY }, 5).offset, 4);
  assert.equal(
    applyAction({ sort: 'cpu', offset: 4 }, { kind: 'scroll', lines: Number.NEGATIVE_INFINITY }, 5).offset,
    0,
  );
  assert.deepEqual(applyAction({ sort: 'cpu', offset: 4 }, { kind: 'sort', sort: 'faults' }, 5), {
    sort: 'faults',
    offset: 0,
  });
});
