import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planBoot } from '../../vm/boot.ts';
import { guests } from '../../vm/guests.ts';

const where = { image: '/bed/image', project: '/bed/project.img', folder: '/run/v', shim: '/bed/shim.so' };

function plan(name: string) {
  const guest = guests.find((candidate) => candidate.name === name);
  assert.ok(guest !== undefined);
  return planBoot({ guest, ...where });
}

for (const { name } of guests) {
  test(`${name}: the root disk is never written, the project is read-only, the console is logged`, () => {
    const { args } = plan(name);
    const after = (flag: string) => args.flatMap((arg, i) => (arg === flag ? [args[i + 1] ?? ''] : []));
    assert.match(after('-drive')[0] ?? '', /^file=\/bed\/image\/root\.img,.*snapshot=on$/);
    assert.match(after('-drive')[1] ?? '', /^file=\/bed\/project\.img,.*readonly=on$/);
    assert.deepEqual(after('-serial'), ['file:/run/v/console.log']);
    assert.equal(after('-append').length, 1);
  });
}

test('a guest with RDT has the library and its two files, one without has neither', () => {
  assert.deepEqual(plan('v2').env, {
    LD_PRELOAD: '/bed/shim.so',
    RDT_CDP: '1',
    RDT_CTL: '/run/v/rdt-rates',
    RDT_LOG: '/run/v/msr.log',
  });
  assert.deepEqual(plan('v1').env, {});
  assert.deepEqual(plan('arm64').env, {});
});

test('four nodes: each has a CPU and memory of its own and a distance to each other', () => {
  const { args } = plan('nodes4');
  assert.deepEqual(
    args.filter((arg) => arg.startsWith('node,')),
    [0, 1, 2, 3].map((id) => `node,nodeid=${id},cpus=${id},memdev=memory${id}`),
  );
  assert.equal(args.filter((arg) => arg.startsWith('dist,')).length, 6);
});

test('v1 asks systemd for the old hierarchies', () => {
  const { args } = plan('v1');
  assert.match(args[args.indexOf('-append') + 1] ?? '', /systemd\.unified_cgroup_hierarchy=0/);
});
