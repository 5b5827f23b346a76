import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { defaultPolicy } from '../../../collector/apply/policy.ts';
import { findFileFault, parseConfig } from '../../../collector/config-file.ts';
import { chooseOptions, findGid, parseCommandLine, parseSocketMode } from '../../../collector/options.ts';
import { withoutForbidden } from '../../../collector/permissions.ts';
import { chooseActivatedFd } from '../../../collector/service/listener.ts';
import { WcaError } from '../../../shared/errors/wca-error.ts';
import { parseUnixAddress } from '../../../shared/rpc/unix-listener.ts';

test('flags win over the file, the file over the defaults', () => {
  const command = parseCommandLine(['--listen', 'unix:/flag', '--socket-mode=0600']);
  assert.ok(command.kind === 'run');
  const file = parseConfig('{"listen": "unix:/file", "log_level": "debug", "socket_group": "wca"}', 'f.json');
  const defaults = chooseOptions({}, {});
  assert.deepEqual(chooseOptions(command.settings, file), {
    ...defaults,
    listen: 'unix:/flag',
    socketGroup: 'wca',
    socketMode: 0o600,
    logLevel: 'debug',
  });
  assert.deepEqual(defaults, {
    listen: 'unix:/run/wca/collector.sock',
    socketGroup: undefined,
    socketMode: 0o660,
    logLevel: 'info',
    allow: new Set(),
    policy: defaultPolicy,
    allocateBelow: [],
    operators: [],
    observers: [],
    tls: undefined,
    ledger: '/run/wca/ledger',
    restoreOnStop: 'leased',
  });
});

test('what may be allocated is an object of the file', () => {
  const { policy } = parseConfig('{"allocate": {"below": ["/batch"], "types": ["cpu_quota"]}}', 'f.json');
  assert.ok(policy?.below.includes('/batch') && policy.below.includes('/kubepods'));
  assert.deepEqual(policy?.types, ['cpu_quota']);
});

test('who may allocate and where the originals are kept is said by flag or file', () => {
  const command = parseCommandLine(['--operator', 'wca,1001', '--ledger', '/run/x', '--restore-on-stop', 'none']);
  assert.ok(command.kind === 'run');
  assert.deepEqual(command.settings, { operators: ['wca', '1001'], ledger: '/run/x', restoreOnStop: 'none' });
  const file = parseConfig('{"operators": ["bob"], "ledger": "/run/y", "restore_on_stop": "all"}', 'f.json');
  assert.deepEqual(file, { operators: ['bob'], ledger: '/run/y', restoreOnStop: 'all' });
});

const tlsFlags = ['--tls-listen', '[::]:9153', '--tls-cert', '/c', '--tls-key', '/k', '--tls-client-ca', '/a'];

test('other hosts are served with mutual TLS or not at all', () => {
  const command = parseCommandLine([...tlsFlags, '--observer', 'tls:a.example,tls:spiffe://b']);
  assert.ok(command.kind === 'run');
  const { tls, observers } = chooseOptions(command.settings, {});
  assert.deepEqual(observers, ['tls:a.example', 'tls:spiffe://b']);
  const files = { certPath: '/c', keyPath: '/k', clientCaPath: '/a' };
  assert.deepEqual(tls, { listen: { host: '::', port: 9153 }, ...files });
  const text =
    '{"tls_listen": "0.0.0.0:1", "tls_cert": "/c", "tls_key": "/k", "tls_client_ca": "/a", "observers": ["tls:x"]}';
  assert.deepEqual(chooseOptions({}, parseConfig(text, 'f.json')).tls, {
    listen: { host: '0.0.0.0', port: 1 },
    ...files,
  });
  const half = parseCommandLine(tlsFlags.slice(0, 4));
  assert.ok(half.kind === 'run');
  assert.throws(() => chooseOptions(half.settings, {}), {
    code: 'INVALID_ARGUMENT',
    message: '--tls-listen, --tls-cert without --tls-key, --tls-client-ca',
  });
  for (const address of ['9153', 'a b:1', ':1', 'h:65536', '::1:9153', '[x]:1']) {
    assert.throws(() => parseCommandLine(['--tls-listen', address]), { code: 'INVALID_ARGUMENT' }, address);
  }
});

test('what may be written to the kernel is named by flag or file', () => {
  const command = parseCommandLine(['--allow', 'rdt-monitoring,wss-reset']);
  assert.ok(command.kind === 'run');
  const file = parseConfig('{"allow": ["wss-reset"]}', 'f.json');
  assert.deepEqual(file.allow, new Set(['wss-reset']));
  assert.deepEqual(chooseOptions(command.settings, file).allow, new Set(['rdt-monitoring', 'wss-reset']));
});

for (const args of [
  ['--unknown'],
  ['positional'],
  ['--listen'],
  ['--socket-mode', '0o660'],
  ['--socket-mode', '666'],
  ['--allow', 'everything'],
  ['--allow', ''],
  ['--allocate-below', '/'],
  ['--allocate-below', '/a,/b/../c'],
  ['--allocate-below', 'a'],
  ['--operator', ''],
  ['--operator', 'a,,b'],
  ['--ledger', 'relative'],
  ['--restore-on-stop', 'some'],
  ['--restore-now', 'none'],
]) {
  test(`the command line ${args.join(' ')} is a usage error`, () => {
    assert.throws(() => parseCommandLine(args), { code: 'INVALID_ARGUMENT' });
  });
}

for (const text of ['', '6', '06600', '0680', '-660', '0662', '0777']) {
  test(`${JSON.stringify(text)} is no socket mode`, () => {
    assert.throws(() => parseSocketMode(text, 'mode'), { code: 'INVALID_ARGUMENT' });
  });
}

const brokenConfigs: readonly { name: string; text: string; says: RegExp }[] = [
  {
    name: 'an unknown key, naming the known ones',
    text: '{"lisen": "x"}',
    says: /lisen.*known are listen, socket_group/,
  },
  { name: 'a number for a mode', text: '{"socket_mode": 660}', says: /socket_mode must be three octal digits/ },
  { name: 'an empty text', text: '{"listen": ""}', says: /listen must be an address/ },
  { name: 'a bad mode', text: '{"socket_mode": "0999"}', says: /octal/ },
  { name: 'something unknown to allow', text: '{"allow": ["x"]}', says: /"x" to allow .known are rdt-monitoring/ },
  { name: 'a text for what to allow', text: '{"allow": "wss-reset"}', says: /allow must be a list/ },
  { name: 'a number for an operator', text: '{"operators": [998]}', says: /operators must be a list/ },
  {
    name: 'an unknown type to allocate',
    text: '{"allocate": {"types": ["x"]}}',
    says: /allocate.types must be a list of/,
  },
  { name: 'the root to allocate below', text: '{"allocate": {"below": ["/"]}}', says: /allocate.below must be/ },
  { name: 'a list of what to allocate', text: '{"allocate": []}', says: /allocate must be an object/ },
  { name: 'a relative ledger', text: '{"ledger": "x"}', says: /ledger.* must be an absolute path/ },
  { name: 'a word for what to restore', text: '{"restore_on_stop": "some"}', says: /must be one of leased, all, none/ },
  { name: 'a list', text: '[]', says: /must be a JSON object/ },
  { name: 'nothing', text: '', says: /is not JSON/ },
  { name: 'a cut file', text: '{"listen": "un', says: /is not JSON/ },
  { name: '__proto__', text: '{"__proto__": "x"}', says: /unknown key/ },
  { name: 'all problems at once', text: '{"a": 1, "listen": 2}', says: /unknown key "a".*; listen must be/ },
];
for (const { name, text, says } of brokenConfigs) {
  test(`the configuration file is refused for ${name}`, () => {
    assert.throws(
      () => parseConfig(text, 'f.json'),
      (thrown: unknown) => {
        assert.ok(thrown instanceof WcaError && thrown.code === 'INVALID_CONFIG');
        assert.match(thrown.toText(), says);
        assert.match(thrown.subject, /f\.json/);
        return true;
      },
    );
  });
}

test('property: any text is a configuration or INVALID_CONFIG', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      try {
        parseConfig(text, 'f');
      } catch (thrown) {
        assert.ok(thrown instanceof WcaError && thrown.code === 'INVALID_CONFIG', String(thrown));
      }
    }),
  );
});

const files = [
  { name: 'a file of another user', stat: { uid: 5, mode: 0o100600, size: 1 }, fault: /belongs to uid 5/ },
  { name: 'a file its group may write', stat: { uid: 0, mode: 0o100620, size: 1 }, fault: /can be changed/ },
  { name: 'a file others may write', stat: { uid: 1000, mode: 0o100602, size: 1 }, fault: /can be changed/ },
  { name: 'a huge file', stat: { uid: 0, mode: 0o100600, size: 1e9 }, fault: /larger/ },
] as const;
for (const { name, stat, fault } of files) {
  test(`${name} is not trusted`, () => {
    assert.match(findFileFault({ ...stat, isFile: () => true }, 1000) ?? '', fault);
  });
}

test('a file of root or of the user that only the owner may change is trusted', () => {
  for (const uid of [0, 1000]) {
    assert.equal(findFileFault({ uid, mode: 0o100644, size: 10, isFile: () => true }, 1000), undefined);
  }
});

test('findGid takes numbers, and names of whole entries only', () => {
  const text = 'root:x:0:\nwca:x:995:alice,bob\nwcax:x:996:\nbroken\n';
  assert.equal(findGid('wca', text), 995);
  assert.equal(findGid('995', text), 995);
  assert.equal(findGid('wc', text), undefined);
  assert.equal(findGid('broken', text), undefined);
});

test('an activated descriptor is taken only when it is meant for this process', () => {
  assert.equal(chooseActivatedFd({ LISTEN_PID: '10', LISTEN_FDS: '1' }, 10), 3);
  assert.equal(chooseActivatedFd({ LISTEN_PID: '11', LISTEN_FDS: '1' }, 10), undefined);
  assert.equal(chooseActivatedFd({}, 10), undefined);
  assert.throws(() => chooseActivatedFd({ LISTEN_PID: '10', LISTEN_FDS: '2' }, 10), { code: 'INVALID_ARGUMENT' });
});

test('parseUnixAddress takes absolute paths of at most 107 bytes', () => {
  assert.equal(parseUnixAddress('unix:/run/a.sock'), '/run/a.sock');
  assert.equal(parseUnixAddress('unix:///run/a.sock'), '/run/a.sock');
  assert.equal(parseUnixAddress(`unix:/${'x'.repeat(106)}`).length, 107);
  for (const bad of ['', '/run/a.sock', 'unix:', 'unix:a.sock', 'unix:/a\0b', `unix:/${'é'.repeat(54)}`, 'unix://']) {
    assert.throws(() => parseUnixAddress(bad), { code: 'INVALID_ARGUMENT' }, bad);
  }
});

test('what the host can and its operator does not allow is not available, with the remedy', () => {
  const able = { name: 'rdt.monitoring', available: true, reason: '', remedy: '' };
  const unable = { name: 'rdt.mbm_total', available: false, reason: 'the CPU cannot', remedy: '' };
  const free = { name: 'uncore', available: true, reason: '', remedy: '' };
  const [forbidden, ...others] = withoutForbidden([able, unable, free], new Set());
  assert.equal(forbidden?.available, false);
  assert.match(forbidden?.remedy ?? '', /--allow rdt-monitoring/);
  assert.deepEqual(others, [unable, free]);
  assert.deepEqual(withoutForbidden([able, unable, free], new Set(['rdt-monitoring'])), [able, unable, free]);
});
