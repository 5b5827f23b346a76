import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toDocument } from '../../../../controller/ctl/json.ts';
import type { Platform } from '../../../../controller/ctl/peers.ts';
import { rankCapabilities, renderDoctor } from '../../../../controller/ctl/views/doctor-view.ts';
import { renderControllerStatus, renderDown } from '../../../../controller/ctl/views/status-view.ts';
import { renderTasks } from '../../../../controller/ctl/views/task-view.ts';
import type { Style } from '../../../../controller/terminal/style.ts';
import { samplePlatform } from '../../../kit/fake-services.ts';

const plain: Style = { colour: false, unicode: true, width: 80 };

test('capabilities are ordered by what an operator misses most, unknown ones last', () => {
  const names = ['zebra', 'numa', 'psi.cgroup', 'perf.hardware', 'cgroup.cpu', 'aardvark'];
  const ranked = rankCapabilities(names.map((name) => ({ name, available: true, reason: '', remedy: '' })));
  assert.deepEqual(
    ranked.map(({ name }) => name),
    ['cgroup.cpu', 'perf.hardware', 'psi.cgroup', 'numa', 'aardvark', 'zebra'],
  );
});

test('the doctor shows capabilities by what they are about, each missing one with reason and remedy', () => {
  const yes = { available: true, reason: '', remedy: '' };
  const no = { available: false, reason: 'is not mounted', remedy: 'mount -t resctrl resctrl /sys/fs/resctrl' };
  const capabilities = [
    { name: 'zebra', ...yes },
    { name: 'rdt.monitoring', ...no },
    { name: 'rdt.mbm_total', ...no },
    { name: 'uncore', ...no, remedy: '' },
    { name: 'cgroup.cpu', ...yes },
  ];
  // As a collector answers: every field is there.
  const platform = { ...samplePlatform, capabilities } as Platform;
  assert.deepEqual(renderDoctor(platform, plain).slice(2), [
    '',
    'Tasks',
    '✔ cgroup.cpu      CPU time of each task',
    '',
    'Cache and memory bandwidth',
    '✘ rdt.monitoring  what follows, for each task',
    '✘ rdt.mbm_total   memory bandwidth',
    '    why     is not mounted',
    '    remedy  mount -t resctrl resctrl /sys/fs/resctrl',
    '',
    'Memory controllers and links',
    '✘ uncore          traffic of DRAM, persistent memory and UPI',
    '    why     is not mounted',
    '    remedy  none on this host',
    '',
    'Other',
    '✔ zebra',
    '',
    '2 of 5 can be had here.',
  ]);
});

test('notes stand in the status of the controller and are no trouble', () => {
  const note = { code: 'FEATURE_ABSENT', subject: 'uncore_imc', message: '6 events take turns', remedy: '', errno: '' };
  const status = {
    server: null,
    pid: 1,
    uptimeSeconds: 1,
    configFile: '',
    collectors: [],
    steps: [],
    iterations: 1,
    tasks: 0,
    storages: [],
    errorCounts: [],
    openEpisodes: [],
    usage: null,
    discovery: 'fresh',
    endpoints: [],
    notes: [note],
  };
  const lines = renderControllerStatus(status, plain);
  assert.match(lines.at(-1) ?? '', /^ {2}to know {4,}uncore_imc: 6 events take turns$/);
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
    node: '',
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
