import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collectorsKey, maxCollectors, parseCollectorsFile } from '../../../../controller/config/collectors-key.ts';
import { WcaError } from '../../../../shared/errors/wca-error.ts';
import { checkValue } from '../../../kit/configurations.ts';

const resultOf = (yaml: string) => {
  const checked = checkValue(collectorsKey(), yaml);
  return 'value' in checked ? checked.value : checked.problems;
};

test('a list of addresses and mappings; without a name the host of the address is the name', () => {
  assert.deepEqual(
    resultOf(`
- tls:node1.example:9153
- tls://10.0.0.2:9153
- tls:[fd00::3]:9153
- unix:/run/wca/collector.sock
- {name: rack7/n4, address: "tls:node4:9153", labels: {rack: r7}}`),
    {
      kind: 'list',
      entries: [
        { name: 'node1.example', address: 'tls:node1.example:9153', labels: {} },
        { name: '10.0.0.2', address: 'tls:10.0.0.2:9153', labels: {} },
        { name: 'fd00::3', address: 'tls:[fd00::3]:9153', labels: {} },
        { name: 'run/wca/collector.sock', address: 'unix:/run/wca/collector.sock', labels: {} },
        { name: 'rack7/n4', address: 'tls:node4:9153', labels: { rack: 'r7' } },
      ],
    },
  );
  assert.deepEqual(resultOf('[]'), { kind: 'list', entries: [] });
});

test('an absolute path is the file of the list', () => {
  assert.deepEqual(resultOf('/etc/wca/collectors.yaml'), { kind: 'file', path: '/etc/wca/collectors.yaml' });
});

const wrong: readonly (readonly [yaml: string, problem: RegExp])[] = [
  ['collectors.yaml', /^f: got the string "collectors.yaml", not absolute/],
  ['{address: "unix:/a"}', /^f: got a mapping \(list of collectors/],
  [
    '[node1:9153]',
    /^f\[0\]: address "node1:9153" is none of a collector \(unix:\/PATH of a socket, or tls:HOST:PORT\)/,
  ],
  ['[5]', /^f\[0\]: got the int 5/],
  ['[{name: a}]', /^f\[0\]: the address is missing/],
  ['[{address: "unix:/a", adress: 1}]', /^f\[0\]\.adress: no such key of a collector, did you mean "address"/],
  ['[{address: "unix:/a", name: "a b"}]', /^f\[0\]\.name: got the string "a b" \(name: letters/],
  ['[{address: "unix:/a", labels: {node: x}}]', /^f\[0\]\.labels: node is the label of the name/],
  ['[{address: "unix:/a", labels: {"a-b": x}}]', /^f\[0\]\.labels: .*no label name/],
  ['[{address: "unix:/a", labels: {a: 5}}]', /^f\[0\]\.labels\.a: got the int 5/],
  ['["tls:a:1", "tls:a:2"]', /^f\[1\]: the name a is that of \[0\] as well \(give each a name of its own\)/],
  [`[${'"tls:a:1",'.repeat(maxCollectors + 1)}]`, /^f: 2001 collectors \(at most 2000 for one controller\)/],
];

for (const [yaml, problem] of wrong) {
  test(`refused: ${yaml.slice(0, 60)}`, () => {
    const problems = resultOf(yaml);
    assert.ok(Array.isArray(problems), 'accepted');
    assert.match(problems.join('\n'), problem);
  });
}

test('problems of a file are told with their places', () => {
  const entries = parseCollectorsFile('- tls:a:1', '/l.yaml');
  assert.deepEqual(entries, [{ name: 'a', address: 'tls:a:1', labels: {} }]);
  assert.throws(
    () => parseCollectorsFile('- tls:a:1\n- b', '/l.yaml'),
    (thrown) => thrown instanceof WcaError && /^\/l\.yaml:2:3 \[1\]: address "b" is none/.test(thrown.message),
  );
  assert.throws(() => parseCollectorsFile('', '/l.yaml'), /the file is empty/);
});
