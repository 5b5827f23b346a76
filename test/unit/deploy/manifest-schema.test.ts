import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { fixture, packageRoot } from '../../kit/package-root.ts';
import { type Definitions, problemsOfValue } from './manifest-schema.ts';

/** The manifests against the definitions that Kubernetes publishes, by file and as each kustomization makes them. */

const folder = join(packageRoot(), 'deploy/kubernetes');
const { definitions }: { definitions: Definitions } = JSON.parse(
  readFileSync(fixture('deploy', 'kubernetes-1.30.json'), 'utf8'),
);
const documents = (text: string) => parseAllDocuments(text).map((document) => document.toJS());
const problems = (manifest: { readonly kind: string }) =>
  problemsOfValue(definitions, { type: manifest.kind, value: manifest, at: manifest.kind });

/** Kinds that are not of Kubernetes itself have no definition here. */
const files = readdirSync(join(folder, 'base')).filter(
  (file) => file.endsWith('.yaml') && !['config.yaml', 'kustomization.yaml', 'podmonitor.yaml'].includes(file),
);
for (const file of files) {
  test(`base/${file} has no field that Kubernetes does not know and all that it needs`, () => {
    const manifests = documents(readFileSync(join(folder, 'base', file), 'utf8'));
    assert.ok(manifests.length > 0);
    for (const manifest of manifests) assert.deepEqual(problems(manifest), []);
  });
}

const wrong = [
  { name: 'an unknown field', manifest: { kind: 'Namespace', metdata: {} }, says: 'Namespace: no field metdata' },
  {
    name: 'a missing field',
    manifest: { kind: 'DaemonSet', spec: { selector: {} } },
    says: 'DaemonSet.spec: template is missing',
  },
  {
    name: 'a number that is a string',
    manifest: { kind: 'DaemonSet', spec: { selector: {}, template: {}, minReadySeconds: '5' } },
    says: 'DaemonSet.spec.minReadySeconds: not a number',
  },
  {
    name: 'another version',
    manifest: { apiVersion: 'apps/v2', kind: 'DaemonSet' },
    says: 'DaemonSet.apiVersion: not "apps/v1"',
  },
  {
    name: 'a list that is none',
    manifest: { kind: 'ClusterRole', rules: {} },
    says: 'ClusterRole.rules: not a list',
  },
  {
    name: 'a label that is no string',
    manifest: { kind: 'Namespace', metadata: { labels: { a: true } } },
    says: 'Namespace.metadata.labels.a: not a string',
  },
  { name: 'an unknown kind', manifest: { kind: 'Pot' }, says: 'Pot: no definition of Pot' },
  { name: 'nothing', manifest: { kind: 'DaemonSet', spec: null }, says: 'DaemonSet.spec: not an object' },
];
for (const { name, manifest, says } of wrong) {
  test(`the check refuses ${name}`, () => {
    assert.ok(problems(manifest).includes(says), problems(manifest).join('\n'));
  });
}

/** What each overlay lets the collector do beyond the base: the sum of its patches. */
const overlays = {
  base: { add: ['PERFMON', 'SYS_PTRACE', 'CHOWN'], writesCgroups: false, resctrl: false },
  resctrl: { add: ['PERFMON', 'SYS_PTRACE', 'DAC_OVERRIDE', 'CHOWN'], writesCgroups: false, resctrl: true },
  allocate: {
    add: ['PERFMON', 'SYS_PTRACE', 'CHOWN'],
    writesCgroups: true,
    resctrl: false,
  },
};

test('every overlay is looked at', () => {
  assert.deepEqual(readdirSync(folder).sort(), Object.keys(overlays).sort());
});

for (const [overlay, allowed] of Object.entries(overlays)) {
  test(`kubectl makes ${overlay} into manifests that Kubernetes knows`, { skip: withoutKustomize() }, () => {
    const { status, stdout, stderr } = spawnSync('kubectl', ['kustomize', join(folder, overlay)], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    const manifests = documents(stdout);
    for (const manifest of manifests) assert.deepEqual(problems(manifest), []);
    const [daemonSet] = manifests.filter(({ kind }) => kind === 'DaemonSet');
    const [configMap] = manifests.filter(({ kind }) => kind === 'ConfigMap');
    const { containers, volumes } = daemonSet.spec.template.spec;
    const [collector, controller] = containers;
    // A changed configuration has another name: the pods are replaced, none runs with what it did not read.
    const config = volumes.find(({ name }: { name: string }) => name === 'config');
    assert.match(configMap.metadata.name, /^wca-./);
    assert.equal(config.configMap.name, configMap.metadata.name);
    assert.deepEqual(Object.keys(configMap.data).sort(), ['collector.json', 'config.yaml']);
    const source = overlay === 'resctrl' ? 'base' : overlay;
    assert.equal(configMap.data['config.yaml'], readFileSync(join(folder, source, 'config.yaml'), 'utf8'));
    assert.equal(configMap.data['collector.json'], readFileSync(join(folder, overlay, 'collector.json'), 'utf8'));

    assert.deepEqual(collector.securityContext.capabilities, { drop: ['ALL'], add: allowed.add });
    assert.deepEqual(controller.securityContext.capabilities, { drop: ['ALL'] });
    const mountOf = (path: string) =>
      collector.volumeMounts.find(({ mountPath }: { mountPath: string }) => mountPath === path);
    assert.equal(mountOf('/sys/fs/cgroup').readOnly !== true, allowed.writesCgroups);
    assert.equal(mountOf('/sys/fs/resctrl') !== undefined, allowed.resctrl);
    for (const { image } of containers) assert.match(image, /^registry\.example\/wca:\d/);
  });
}

/** Debian has none that is new enough, so CI's machine may be without. */
function withoutKustomize(): string | false {
  const { error, stdout } = spawnSync('kubectl', ['version', '--client', '-o', 'json'], { encoding: 'utf8' });
  if (error !== undefined) return 'kubectl is not installed';
  const minor = Number(/"minor": *"(\d+)/.exec(stdout)?.[1]);
  return minor >= 22 ? false : `kubectl 1.${minor} has a kustomize that is too old`;
}
