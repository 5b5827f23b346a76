import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toDocument } from '../../../../controller/ctl/json.ts';
import type { Style } from '../../../../controller/ctl/style.ts';
import { rankCapabilities } from '../../../../controller/ctl/views/doctor-view.ts';
import { renderDown } from '../../../../controller/ctl/views/status-view.ts';
import { renderTasks } from '../../../../controller/ctl/views/task-view.ts';

const plain: Style = { colour: false, unicode: true, width: 80 };

test('capabilities are ordered by what an operator misses most, unknown ones last', () => {
  const names = ['zebra', 'numa', 'psi.cgroup', 'perf.hardware', 'cgroup.cpu', 'aardvark'];
  const ranked = rankCapabilities(names.map((name) => ({ name, available: true, reason: '', remedy: '' })));
  assert.deepEqual(
    ranked.map(({ name }) => name),
    ['cgroup.cpu', 'perf.hardware', 'psi.cgroup', 'numa', 'aardvark', 'zebra'],
  );
});

test('a process that is down takes one line with its socket, and one with the remedy', () => {
  const error = {
    code: 'UNAVAILABLE',
    subject: 'collector at unix:/x',
    message: 'not running',
    remedy: 'start it',
    errno: '',
  };
  assert.deepEqual(renderDown('collector', error, plain), ['✘ collector  unix:/x: not running', '  remedy  start it']);
  assert.deepEqual(renderDown('collector', { ...error, remedy: '' }, { ...plain, unicode: false }), [
    '- collector  unix:/x: not running',
  ]);
});

test('a task with a hostile name cannot write to the terminal', () => {
  const task = {
    id: '/a',
    name: '\u001b]0;title\u0007',
    cgroupPath: '/a\u001b[2J',
    childCgroupPaths: [],
    labels: {},
    resources: {},
    state: 'ended',
    errors: [],
  };
  assert.ok(renderTasks([task], plain).every((line) => !line.includes('\u001b')));
});

test('a document has the names of the contract and none of the marks of optional fields', () => {
  assert.deepEqual(toDocument({ cpuCores: 1, _cpuCores: 'cpuCores', list: [{ _x: 1, y: null }], big: 2n ** 60n }), {
    cpuCores: 1,
    list: [{ y: null }],
    big: '1152921504606846976',
  });
});
