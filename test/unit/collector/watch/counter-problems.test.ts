import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CounterSet } from '../../../../collector/watch/counter-set.ts';
import { SharedCgroup } from '../../../../collector/watch/shared-cgroup.ts';
import { WcaError } from '../../../../shared/errors/wca-error.ts';
import { FakeHost } from '../../../kit/fake-cgroups.ts';

test('what is wrong with the readings of counters is a problem of the cgroup, beside that of its files', () => {
  const host = new FakeHost();
  const { problems, counterProblems } = host.add('/a', {}, { task_cycles: 5n });
  const [set, other] = [host.parseEvents(['task_cycles'], false), host.parseEvents(['task_instructions'], false)].map(
    (list) => new CounterSet(list, host),
  );
  assert.ok(set && other);
  const cgroup = new SharedCgroup('/a', host);
  cgroup.useCounters(set);
  cgroup.open();
  cgroup.readFiles();
  cgroup.readCounters();
  assert.equal(cgroup.problems(set).length, 0);
  assert.equal(cgroup.problems(set), cgroup.problems(undefined), 'no new array as long as all is well');

  const malformed = new WcaError('KERNEL_FORMAT', { subject: 'perf group read', message: 'got 3 bytes: 000000' });
  const unreadable = new WcaError('PERMISSION', { subject: '/a memory.stat', message: 'no' });
  counterProblems.push(malformed);
  assert.deepEqual(cgroup.problems(set), [malformed]);
  assert.deepEqual(cgroup.problems(other), [], 'another list is not concerned');
  assert.deepEqual(cgroup.problems(undefined), []);
  problems.push(unreadable);
  assert.deepEqual(cgroup.problems(set), [unreadable, malformed]);
  cgroup.close();
  assert.deepEqual(cgroup.problems(set), []);
});
