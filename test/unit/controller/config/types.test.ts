import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Type } from '../../../../controller/config/site.ts';
import {
  bool,
  float,
  int,
  ipPort,
  list,
  map,
  nullable,
  numeric,
  oneOf,
  path,
  reserved,
  str,
  union,
  url,
} from '../../../../controller/config/types.ts';
import { checkValue } from '../../../kit/configurations.ts';

const long = 'x'.repeat(401);

const accepted: readonly (readonly [name: string, type: Type<unknown>, yaml: string, value: unknown])[] = [
  ['bool', bool(), 'True', true],
  ['int', int(), '5', 5],
  ['int with leading zero is decimal', int(), '010', 10],
  ['negative int', int(), '-3', -3],
  ['largest int', int(), '9007199254740991', Number.MAX_SAFE_INTEGER],
  ['float takes an int (W-06)', float(), '1', 1],
  ['float', float(), '1e3', 1000],
  ['numeric, lower bound', numeric(0, 60), '0', 0],
  ['numeric, upper bound', numeric(0, 60), '60.0', 60],
  ['str', str(), '"5"', '5'],
  ['str of YAML 1.1 words', str(), 'yes', 'yes'],
  ['str of a date', str(), '2019-01-01', '2019-01-01'],
  ['str, empty', str(), '""', ''],
  ['str of 400 characters outside the first plane', str(), `"${'😀'.repeat(400)}"`, '😀'.repeat(400)],
  ['path', path(), 'a/..b/c..', 'a/..b/c..'],
  ['absolute path', path({ absolute: true, readable: true }), '/etc/ca.pem', '/etc/ca.pem'],
  ['host:port', ipPort(), 'broker-1.example.org:9092', { host: 'broker-1.example.org', port: 9092 }],
  ['IPv4:port', ipPort(), '127.0.0.1:1', { host: '127.0.0.1', port: 1 }],
  ['IPv6:port', ipPort(), '"[fe80::1]:65535"', { host: 'fe80::1', port: 65535 }],
  ['enum', oneOf(['systemd', 'cgroupfs']), 'systemd', 'systemd'],
  ['enum with its tag (W-05)', oneOf(['a'], { enumTag: 'E' }), '!E a', 'a'],
  ['list', list(int()), '[1, 2]', [1, 2]],
  ['empty list', list(int()), '[]', []],
  [
    'map',
    map(str()),
    '{b: x, a: y}',
    new Map([
      ['b', 'x'],
      ['a', 'y'],
    ]),
  ],
  [
    'map with a name JavaScript knows',
    map(str()),
    '{__proto__: x, constructor: y}',
    new Map([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]),
  ],
  ['union, first', union(str(), int()), 'x', 'x'],
  ['union, second', union(str(), int()), '5', 5],
  ['null where allowed', nullable(str()), '~', undefined],
];

for (const [name, type, yaml, value] of accepted) {
  test(`accepted: ${name}`, () => assert.deepEqual(checkValue(type, yaml), { value }));
}

const refused: readonly (readonly [name: string, type: Type<unknown>, yaml: string, problem: RegExp])[] = [
  ['bool of a string', bool(), 'yes', /^f: got the string "yes" \(true or false\)$/],
  ['bool of an int', bool(), '1', /got the int 1/],
  ['bool of null', bool(), '~', /got null/],
  ['int of a float', int(), '1.0', /got the float 1 \(whole number\)/],
  ['int of a bool (W-06)', int(), 'true', /got the bool true/],
  ['int beyond exact numbers', int(), '9007199254740993', /the int 9007199254740993, too large/],
  ['int out of range', int({ min: 1, max: 3 }), '4', /too large \(whole number from 1 to 3\)/],
  ['float of a bool', float(), 'true', /got the bool/],
  ['float of a string', float(), '"1"', /got the string "1"/],
  ['float of NaN', float(), '.nan', /not finite/],
  ['float of infinity', float(), '-.inf', /not finite/],
  ['float beyond doubles', float(), '1e999', /not finite/],
  ['numeric below', numeric(0, 60), '-0.1', /too small \(number from 0 to 60\)/],
  ['numeric above', numeric(0, 60), '61', /too large/],
  ['numeric of null', numeric(0, 60), 'null', /got null/],
  ['str of a number', str(), '5', /got the int 5/],
  ['str too long', str(), long, /longer than 400 characters/],
  ['str of a mapping', str(), '{}', /got a mapping/],
  ['str of a component', str(), '!Foo {}', /got !Foo/],
  ['path upwards', path(), 'a/../b', /leads upwards/],
  ['path that is only .. (W-08)', path(), '..', /leads upwards/],
  ['path upwards with a slash (W-08)', path(), '../x/', /leads upwards/],
  ['path, empty', path(), '""', /empty/],
  ['path with NUL', path(), '"a\\0b"', /NUL/],
  ['path not absolute', path({ absolute: true }), 'etc/x', /not absolute/],
  ['url without scheme', url(), '127.0.0.1:5051', /without scheme or host/],
  ['url without host', url(), 'http:///x', /without scheme or host/],
  ['url of another scheme', url(), 'ftp://x', /scheme ftp is not supported/],
  ['url that is none', url(), '"http://[::1"', /not a URL/],
  ['url without path', url({ pathRequired: true }), 'http://x', /without a path/],
  ['port 0', ipPort(), 'a:0', /out of range/],
  ['port 65536', ipPort(), 'a:65536', /out of range/],
  ['port negative', ipPort(), 'a:-1', /not host:port/],
  ['no port', ipPort(), '1.2.3.4', /not host:port/],
  ['text after the port', ipPort(), '"1.2.3.4:90:junk"', /not host:port/],
  ['IPv6 without brackets', ipPort(), '"::1:80"', /not host:port/],
  ['IPv6 that is none', ipPort(), '"[x]:80"', /not a host/],
  ['IPv4 with a large octet', ipPort(), '1.2.3.256:80', /not a host/],
  ['IPv4 of three octets', ipPort(), '1.2.3:80', /not a host/],
  ['host empty', ipPort(), '":80"', /not a host/],
  ['enum, unknown', oneOf(['systemd', 'cgroupfs']), 'sistemd', /did you mean "systemd"\? \(one of systemd, cgroupfs\)/],
  ['list of a scalar', list(str()), 'x', /got the string "x" \(list of: string\)/],
  ['item of a list', list(str()), '[a, 5]', /^f\[1\]: got the int 5/],
  ['value of a map', map(map(str())), '{a: {b: 1}}', /^f\.a\.b: got the int 1/],
  ['key of a map', map(str()), '{5: a}', /^f\.5: the key 5 is no string \(quote it\)/],
  ['key of a map that is narrowed', map(str(), { key: oneOf(['a']) }), '{b: a}', /^f\.b: got the string "b"/],
  [
    'union, none',
    union(str(), list(str())),
    '[5]',
    /^f: got a list; f\[0\]: got the int 5 \(string, or list of: string\)$/,
  ],
  ['reserved', reserved('!SSL'), '!SSL {}', /^f: got !SSL \(not supported yet\)$/],
];

for (const [name, type, yaml, problem] of refused) {
  test(`refused: ${name}`, () => {
    const checked = checkValue(type, yaml);
    assert.ok('problems' in checked, JSON.stringify(checked));
    assert.match(checked.problems.join('\n'), problem);
  });
}

test('a url keeps scheme, host and path', () => {
  const checked = checkValue(url(), 'https://127.0.0.1:10250/pods');
  assert.ok('value' in checked);
  assert.equal(checked.value.href, 'https://127.0.0.1:10250/pods');
});

test('a readable path is asked for once it is otherwise right', () => {
  const asked: string[] = [];
  const type = path({ absolute: true, readable: true });
  const canRead = (file: string): boolean => {
    asked.push(file);
    return false;
  };
  assert.ok('problems' in checkValue(type, 'relative', canRead));
  assert.ok('problems' in checkValue(type, '/absent', canRead));
  assert.deepEqual(asked, ['/absent']);
});

test('every wrong item of a list is told', () => {
  const checked = checkValue(list(int()), '[a, 1, b]');
  assert.ok('problems' in checked);
  assert.equal(checked.problems.length, 2);
});

test('a path without .. passes and one with .. does not, wherever it stands', () => {
  const segment = fc.stringMatching(/^[a-z.]{1,4}$/).filter((text) => text !== '..');
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1, maxLength: 6 }), fc.nat(6), (segments, at) => {
      const clean = segments.join('/');
      assert.ok('value' in checkValue(path(), JSON.stringify(clean)));
      const dirty = [...segments.slice(0, at), '..', ...segments.slice(at)].join('/');
      assert.ok('problems' in checkValue(path(), JSON.stringify(dirty)));
    }),
  );
});
