import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { LedgerEntry } from '../../../../collector/apply/entry.ts';
import { LedgerFile } from '../../../../collector/apply/ledger-file.ts';

const uid = process.getuid?.() ?? 0;

interface Host {
  readonly folder: string;
  readonly procfs: string;
  /** A process of /proc/PID/stat with this state and start time. */
  setProcess(pid: number, state: string, startTime: number): void;
  open(pid?: number): LedgerFile;
}

/** A procfs of plain files, and a folder for the ledger. */
function makeHost(t: TestContext, boot = 'boot-a'): Host {
  const root = mkdtempSync(join(tmpdir(), 'wca-ledger-test-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const [folder, procfs] = [join(root, 'ledger'), join(root, 'proc')];
  mkdirSync(join(procfs, 'sys/kernel/random'), { recursive: true });
  writeFileSync(join(procfs, 'sys/kernel/random/boot_id'), `${boot}\n`);
  const host: Host = {
    folder,
    procfs,
    setProcess(pid, state, startTime) {
      mkdirSync(join(procfs, String(pid)), { recursive: true });
      const fields = [state, ...Array.from({ length: 18 }, () => '0'), startTime, 0];
      writeFileSync(join(procfs, String(pid), 'stat'), `${pid} (a) b (c) ${fields.join(' ')}\n`);
    },
    open: (pid = 10) => new LedgerFile({ folder, procfs, pid, uid }),
  };
  host.setProcess(10, 'S', 100);
  host.setProcess(11, 'S', 200);
  return host;
}

const entry: LedgerEntry = {
  knob: { kind: 'cgroup', hierarchy: 'cpu', path: '/a', inode: '7', file: 'cpu.shares' },
  path: '/a',
  type: 'cpu_shares',
  original: '1024',
  written: '500',
  leaseId: '',
  principal: 'uid 0',
  owner: 'uid 0, pid 1',
  sinceMs: 5,
};

function commit(ledger: LedgerFile, written = '500'): void {
  ledger.append({ kind: 'commit', batch: 1, entries: [{ ...entry, written }], forget: [] });
}

function originals({ state }: LedgerFile): readonly string[] {
  return [...state.entries.values()].map(({ original, written }) => `${original} ${written}`);
}

test('what was remembered is known to the next one, also after kill -9', (t) => {
  const host = makeHost(t);
  commit(host.open());
  host.setProcess(10, 'Z', 100); // killed and not reaped yet
  assert.deepEqual(originals(host.open(11)), ['1024 500']);
});

test('one collector at a time: whoever lives has it', (t) => {
  const host = makeHost(t);
  const first = host.open(10);
  assert.throws(() => host.open(11), { code: 'UNAVAILABLE', message: /another collector \(pid 10\)/ });
  first.close();
  host.open(11);
});

for (const [what, change] of [
  ['has ended', (host: Host) => rmSync(join(host.procfs, '10'), { recursive: true })],
  ['is dead and not reaped', (host: Host) => host.setProcess(10, 'Z', 100)],
  ['is another process with its number', (host: Host) => host.setProcess(10, 'S', 999)],
] as const) {
  test(`the lock of one that ${what} is taken over`, (t) => {
    const host = makeHost(t);
    host.open(10);
    change(host);
    host.open(11);
    assert.match(readFileSync(join(host.folder, 'lock'), 'utf8'), /^11 200\n$/);
  });
}

test('a lock with its own number is of a process before a reset of the machine', (t) => {
  const host = makeHost(t);
  host.open(10);
  host.open(10);
});

test('a lock in which nothing stands is of one that died while it made it', (t) => {
  const host = makeHost(t);
  mkdirSync(host.folder, { mode: 0o700 });
  writeFileSync(join(host.folder, 'lock'), '');
  host.open(11);
});

test('values of another boot mean nothing', (t) => {
  const host = makeHost(t);
  const first = host.open();
  commit(first);
  first.close();
  writeFileSync(join(host.procfs, 'sys/kernel/random/boot_id'), 'boot-b\n');
  assert.deepEqual(originals(host.open()), []);
});

test('a last line that is not whole is left out, the rest counts', (t) => {
  const host = makeHost(t);
  const first = host.open();
  commit(first);
  first.append({ kind: 'held', paths: ['/b'] });
  first.close();
  const file = join(host.folder, 'ledger');
  truncateSync(file, statSync(file).size - 4);
  const next = host.open();
  assert.deepEqual(originals(next), ['1024 500']);
  assert.deepEqual([...next.state.held], []);
});

test('rubbish in it is left out', (t) => {
  const host = makeHost(t);
  const first = host.open();
  commit(first);
  first.close();
  const file = join(host.folder, 'ledger');
  const rubbish = [
    '{',
    '[]',
    'null',
    '{"kind":"commit","batch":1,"entries":[{}],"forget":[]}',
    '{"kind":"unknown"}',
    '\0\0',
  ];
  writeFileSync(file, `${readFileSync(file, 'utf8')}${rubbish.join('\n')}\n`);
  assert.deepEqual(originals(host.open()), ['1024 500']);
});

test('a ledger that is a link, or too large, or in a folder that others may write to, is not trusted', (t) => {
  const linked = makeHost(t);
  mkdirSync(linked.folder, { mode: 0o700 });
  symlinkSync('/etc/passwd', join(linked.folder, 'ledger'));
  assert.throws(() => linked.open(), { code: 'KERNEL_REFUSED' });

  const large = makeHost(t);
  mkdirSync(large.folder, { mode: 0o700 });
  writeFileSync(join(large.folder, 'ledger'), '');
  truncateSync(join(large.folder, 'ledger'), 2 ** 31);
  assert.throws(() => large.open(), { code: 'PERMISSION', message: /no ledger of this user/ });

  const open = makeHost(t);
  mkdirSync(open.folder);
  chmodSync(open.folder, 0o777);
  assert.throws(() => open.open(), { code: 'PERMISSION', message: /nobody else may write/ });
});

test('it is made anew before it grows without bound, and is whole at any moment', (t) => {
  const host = makeHost(t);
  const ledger = host.open();
  for (let i = 0; i < 20_000; i += 1) commit(ledger, String(i));
  assert.ok(statSync(join(host.folder, 'ledger')).size < 3_000_000);
  ledger.close();
  assert.deepEqual(originals(host.open()), ['1024 19999']);
});

test('closed it remembers nothing more and gives the lock back, twice too', (t) => {
  const host = makeHost(t);
  const ledger = host.open();
  ledger.close();
  ledger.close();
  assert.throws(() => commit(ledger), { code: 'CANCELLED' });
  assert.equal(existsSync(join(host.folder, 'lock')), false);
});
