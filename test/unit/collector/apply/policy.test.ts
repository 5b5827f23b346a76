import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultPolicy, HostPolicy, parsePolicy, parseProcCgroups } from '../../../../collector/apply/policy.ts';

const settings = { ...defaultPolicy, below: ['/kubepods', '/batch'], types: ['cpu_quota', 'rdt'] as const };
const own = new Map<number | 'self', readonly string[]>([
  ['self', ['/', '/system.slice/wca-collector.service']],
  [1, ['/', '/init.scope']],
  [77, ['/batch/tools']],
]);
const policy = new HostPolicy(settings, (pid) => own.get(pid) ?? []);

const cases: readonly (readonly [path: string, peer: number | undefined, reason: RegExp | undefined])[] = [
  ['/batch', undefined, undefined],
  ['/batch/job-7', 99, undefined],
  ['/kubepods/pod1/c1', undefined, undefined],
  ['/batchelor', undefined, /not below a cgroup that may be allocated \(\/kubepods, \/batch\)/],
  ['/system.slice/nginx.service', undefined, /not below/],
  ['/', undefined, /root of all cgroups/],
  ['/batch/tools', 77, /the asking process runs in it/],
  ['/batch', 77, /the asking process runs in it/],
  ['/batch/tools', 99, undefined],
];

for (const [path, peer, reason] of cases) {
  test(`${path} for ${peer ?? 'nobody'} is ${reason === undefined ? 'allowed' : `refused: ${reason.source}`}`, () => {
    const error = policy.check(path, 'cpu_quota', peer);
    if (reason === undefined) return assert.equal(error, undefined);
    assert.equal(error?.code, 'NOT_ALLOWED');
    assert.match(error?.message ?? '', reason);
  });
}

test('cgroups of the collector and of init are out of bounds, and those above them', () => {
  const wide = new HostPolicy({ ...settings, below: ['/system.slice', '/init.scope'] }, (pid) => own.get(pid) ?? []);
  for (const path of ['/system.slice', '/system.slice/wca-collector.service'])
    assert.match(wide.check(path, 'rdt', undefined)?.message ?? '', /the collector runs in it/);
  assert.match(wide.check('/init.scope', 'rdt', undefined)?.message ?? '', /init runs in it/);
  assert.equal(wide.check('/system.slice/nginx.service', 'rdt', undefined), undefined);
});

test('a type that is not allowed is refused with where to allow it', () => {
  const error = policy.check('/batch/a', 'memory_high', undefined);
  assert.match(error?.remedy ?? '', /add "memory_high" to allocate\.types/);
});

test('the policy of a configuration is over the defaults, whose trees stay', () => {
  const { policy: parsed, problems } = parsePolicy({ below: ['/batch'], types: ['rdt'], enable_controllers: false });
  assert.deepEqual(problems, []);
  assert.deepEqual(parsed, {
    ...defaultPolicy,
    below: [...defaultPolicy.below, '/batch'],
    types: ['rdt'],
    enableControllers: false,
  });
});

const wrong: readonly (readonly [value: unknown, problem: RegExp])[] = [
  [[], /must be an object/],
  ['x', /must be an object/],
  [{ below: '/batch' }, /below must be a list of paths/],
  [{ below: ['batch'] }, /below must be a list of paths/],
  [{ below: ['/'] }, /not \//],
  [{ types: ['cpu'] }, /types must be a list of .*cpu_quota/],
  [{ root_rdt_group: 1 }, /root_rdt_group must be true or false/],
  [{ belwo: [] }, /unknown key allocate\.belwo, known are below, types/],
];
for (const [value, problem] of wrong) {
  test(`${JSON.stringify(value)} is wrong: ${problem.source}`, () => {
    const { problems } = parsePolicy(value);
    assert.equal(problems.length, 1);
    assert.match(problems[0] ?? '', problem);
  });
}

test('cgroups of a process on v1, hybrid and v2, each once', () => {
  const text = '12:cpu,cpuacct:/a\n4:memory:/a/b\n1:name=systemd:/init.scope\n0::/a\nbroken\n';
  assert.deepEqual(parseProcCgroups(text), ['/a', '/a/b', '/init.scope']);
  assert.deepEqual(parseProcCgroups(''), []);
});
