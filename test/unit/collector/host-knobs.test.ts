import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KnobId, Knobs } from '../../../collector/apply/knob.ts';
import { HostKnobs } from '../../../collector/host-knobs.ts';

function knobsOf(name: string, log: string[]): Knobs {
  return {
    open: () => {
      log.push(`${name} opens`);
      return {
        read: ({ kind }) => ({ ok: true, value: `${name} reads ${kind}` }),
        readInode: (hierarchy, path) => ({ ok: true, value: `${name} has ${path} on ${hierarchy}` }),
        write: async ({ kind }, text) => ({ ok: true, value: `${name} writes ${kind} ${text}` }),
        isSame: () => name === 'rdt',
        close: () => log.push(`${name} closes`),
      };
    },
  };
}

const ids: readonly (readonly [KnobId, string])[] = [
  [{ kind: 'cgroup', hierarchy: 'cpu', path: '/a', inode: '1', file: 'cpu.shares' }, 'cgroup'],
  [{ kind: 'controller', path: '/a', inode: '1', controller: 'cpu' }, 'cgroup'],
  [{ kind: 'rdt-group', group: 'be' }, 'rdt'],
  [{ kind: 'rdt-line', group: 'be', resource: 'L3' }, 'rdt'],
  [{ kind: 'rdt-members', path: '/a', inode: '1', cgroups: ['/a'] }, 'rdt'],
];

test('each kind of knob goes to who knows it', async () => {
  const log: string[] = [];
  const session = new HostKnobs({ cgroup: knobsOf('cgroup', log), rdt: knobsOf('rdt', log) }).open();
  for (const [id, owner] of ids) {
    assert.deepEqual(session.read(id), { ok: true, value: `${owner} reads ${id.kind}` });
    assert.deepEqual(await session.write(id, 'x'), { ok: true, value: `${owner} writes ${id.kind} x` });
    assert.equal(session.isSame(id, 'a', 'b'), owner === 'rdt');
  }
  session.close();
  session.close();
  assert.deepEqual(log, ['cgroup opens', 'rdt opens', 'cgroup closes', 'rdt closes']);
});

test('what nobody asks for is not opened', () => {
  const log: string[] = [];
  const session = new HostKnobs({ cgroup: knobsOf('cgroup', log), rdt: knobsOf('rdt', log) }).open();
  session.read({ kind: 'rdt-group', group: '' });
  session.close();
  assert.deepEqual(log, ['rdt opens', 'rdt closes']);
});
