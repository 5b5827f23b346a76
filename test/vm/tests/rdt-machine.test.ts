// guests: v2 nodes4 kernel612
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { mountResctrl, readRegisterWrites, setMemoryRate } from '../kit/rdt.ts';
import { startWorkload } from '../kit/scene.ts';
import { assertClose } from '../kit/tolerance.ts';

/** The emulated RDT itself: what other tests may rely on. The kernel's resctrl is real. */

test('a group has the memory bandwidth that the host says, on the domain of its CPU; a mask reaches the register', async (t) => {
  const group = join(mountResctrl(), 'wca-test');
  mkdirSync(group);
  t.after(() => rmdirSync(group));
  t.after(() => setMemoryRate(0n));
  const before = ['taskset', '-c', '2']; // of the second socket
  const workload = await startWorkload(t, { kind: 'spin', amount: 20_000, before });
  writeFileSync(join(group, 'tasks'), String(workload.pid));
  const acting = workload.act();
  acting.catch(() => undefined); // it is ended with the test
  const bytes = (domain: string) =>
    Number(readFileSync(join(group, 'mon_data', `mon_L3_${domain}`, 'mbm_total_bytes'), 'utf8'));
  const rate = async () => {
    const [first, startMs] = [bytes('01'), performance.now()];
    await sleep(1500);
    return ((bytes('01') - first) * 1000) / (performance.now() - startMs);
  };
  for (const expected of [1e9, 5e9]) {
    if (expected !== 1e9) setMemoryRate(BigInt(expected));
    const measured = await rate();
    t.diagnostic(`${measured.toExponential(3)} of ${expected} bytes/s`);
    assertClose(measured, expected, { share: 0.15, what: 'memory bandwidth' });
  }
  assert.equal(bytes('00'), 0);
  setMemoryRate(1n);
  const file = join(group, 'mon_data', 'mon_L3_01', 'mbm_total_bytes');
  assert.equal(readFileSync(file, 'utf8'), 'Unavailable\n');
  writeFileSync(join(group, 'schemata'), 'L3:1=f\n');
  writeFileSync(join(group, 'schemata'), 'MB:1=50\n');
  const last = (resource: string) => readRegisterWrites().findLast((write) => write.resource === resource);
  assert.deepEqual(last('L3'), { resource: 'L3', domain: 1, closid: 1, value: 0xf });
  assert.deepEqual(last('MBA'), { resource: 'MBA', domain: 1, closid: 1, value: 50 });
});
