import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Allocations, AuditRecord } from '../../../../controller/ctl/peers.ts';
import { pickTargets } from '../../../../controller/ctl/pick-targets.ts';
import { exitCodeOfResults } from '../../../../controller/ctl/results.ts';
import {
  renderAllocations,
  renderAuditRecord,
  renderResults,
} from '../../../../controller/ctl/views/allocation-view.ts';
import type { Style } from '../../../../controller/terminal/style.ts';
import type { TargetResult } from '../../../../shared/allocation/results.ts';
import { WcaError } from '../../../../shared/errors/wca-error.ts';

const plain: Style = { colour: false, unicode: true, width: undefined };

const record: Allocations['allocations'][number] = {
  cgroupPath: '/pod/a',
  type: 'cpu_quota',
  file: '/pod/a cpu.max',
  original: 'max 100000',
  target: '50000 100000',
  current: '50000 100000',
  problem: null,
  leaseId: 'l',
  leaseSecondsLeft: 90,
  owner: 'uid 998, pid 7',
  sinceSeconds: 4.2,
};

test('allocations show current, target and original side by side, and what others changed below', () => {
  const problem = {
    code: 'CHANGED_BY_OTHERS',
    subject: '/pod/a cpu.weight',
    message: 'somebody changed it',
    remedy: 'look',
    errno: '',
  };
  const lines = renderAllocations(
    {
      allocations: [
        record,
        { ...record, file: '/pod/a cpu.weight', current: '7', target: '50', original: '', leaseId: '', problem },
      ],
      held: ['/pod/b'],
      enabled: true,
      disabledReason: null,
    },
    plain,
  );
  assert.deepEqual(lines, [
    'CGROUP  FILE        CURRENT       TARGET        ORIGINAL         LEASE  SINCE  OWNER',
    '/pod/a  cpu.max     50000 100000  50000 100000  max 100000  1 min 30 s  4.2 s  uid 998, pid 7',
    '/pod/a  cpu.weight  7             50            ""                   -  4.2 s  uid 998, pid 7',
    '✘ /pod/a cpu.weight: somebody changed it (look)',
    'held /pod/b: nothing is allocated there until it is released',
  ]);
});

const done: TargetResult = {
  targetId: '/pod/a',
  error: undefined,
  values: [
    {
      type: 'cpu_quota',
      outcome: 'applied',
      error: undefined,
      writes: [
        { file: '/pod/a cpu.cfs_period_us', before: '100000', after: '10000' },
        { file: '/pod/a cpu.cfs_quota_us', before: '-1', after: '5000' },
      ],
    },
    { type: 'cpu_shares', outcome: 'unchanged', error: undefined, writes: [] },
  ],
};
const refused: TargetResult = {
  targetId: '/pod/b',
  error: undefined,
  values: [
    {
      type: 'cpuset_cpus',
      outcome: 'rejected',
      error: new WcaError('NOT_ALLOWED', {
        subject: '/pod/b cpuset_cpus',
        message: 'is not below what may be touched',
        remedy: 'see the policy',
      }),
      writes: [],
    },
    {
      type: 'cpu_quota',
      outcome: 'rejected',
      error: new WcaError('CANCELLED', { subject: 'cpu_quota', message: 'not tried' }),
      writes: [],
    },
  ],
};
const gone: TargetResult = {
  targetId: '/pod/c',
  error: new WcaError('CGROUP_GONE', { subject: '/pod/c', message: 'there is no such cgroup' }),
  values: [],
};

test('results show every write, and each trouble once', () => {
  assert.deepEqual(renderResults([done, refused, gone], plain), [
    'CGROUP  TYPE         OUTCOME    FILE               BEFORE  AFTER',
    '/pod/a  cpu_quota    applied    cpu.cfs_period_us  100000  10000',
    '/pod/a  cpu_quota               cpu.cfs_quota_us   -1      5000',
    '/pod/a  cpu_shares   unchanged  -',
    '/pod/b  cpuset_cpus  rejected   -',
    '/pod/b  cpu_quota    rejected   -',
    '✘ /pod/b cpuset_cpus: is not below what may be touched (see the policy)',
    '✘ /pod/c: there is no such cgroup',
  ]);
});

test('the exit status is that of the worst error', () => {
  assert.equal(exitCodeOfResults([done]), 0);
  assert.equal(exitCodeOfResults([done, gone]), 3);
  assert.equal(exitCodeOfResults([gone, refused]), 4);
});

test('an audit record is a line: when, why, who, what', () => {
  const audit: AuditRecord = {
    sequence: 1,
    realtimeNs: 1_700_000_000_123_000_000,
    peer: '',
    cause: 'lease',
    cgroupPath: '/pod/a',
    type: 'cpu_quota',
    file: '/pod/a\u001b[31m cpu.max',
    before: '5000 10000',
    after: '',
    error: null,
    requestId: '',
  };
  assert.equal(
    renderAuditRecord(audit, plain),
    '2023-11-14 22:13:20.123Z  lease     collector  /pod/a?[31m cpu.max  5000 10000 → ""',
  );
  const hold = { ...audit, cause: 'hold', file: '/pod/a', before: '', peer: 'uid 0, pid 1' };
  assert.equal(renderAuditRecord(hold, plain), '2023-11-14 22:13:20.123Z  hold      uid 0, pid 1  /pod/a');
  const error = { code: 'KERNEL_REFUSED', subject: '', message: 'EINVAL', remedy: '', errno: 'EINVAL' };
  assert.match(renderAuditRecord({ ...audit, error }, plain), / {2}refused: EINVAL$/);
});

const task = { labels: {}, resources: {}, state: 'measured', errors: [], node: '' };
const tasks = {
  tasks: [
    { ...task, id: 'uid-1', name: 'redis-0', cgroupPath: '/kubepods/pod1', childCgroupPaths: ['/kubepods/pod1/c1'] },
    { ...task, id: 'uid-2', name: 'twin', cgroupPath: '/kubepods/pod2', childCgroupPaths: [] },
    { ...task, id: 'uid-3', name: 'twin', cgroupPath: '/kubepods/pod3', childCgroupPaths: [] },
  ],
};

test('a target is a task by name or id, or a cgroup by its path, for which nobody is asked', async () => {
  const ask = async () => tasks;
  assert.deepEqual(await pickTargets(['redis-0', 'uid-1', '/batch/a/'], ask), [
    { cgroupPath: '/kubepods/pod1', children: ['/kubepods/pod1/c1'] },
    { cgroupPath: '/batch/a', children: [] },
  ]);
  assert.deepEqual(await pickTargets(['/a', '/b'], () => assert.fail('asked')), [
    { cgroupPath: '/a', children: [] },
    { cgroupPath: '/b', children: [] },
  ]);
  await assert.rejects(pickTargets(['twin'], ask), /2 tasks have this name/);
  await assert.rejects(pickTargets(['nobody'], ask), /no task of this name or id/);
});
