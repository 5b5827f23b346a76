import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { parseConfig } from '../../../collector/config-file.ts';
import { chooseOptions, parseCommandLine } from '../../../collector/options.ts';
import { builtinComponents } from '../../../controller/config/builtin.ts';
import { load } from '../../kit/configurations.ts';
import { packageRoot } from '../../kit/package-root.ts';

/** The manifests: what they say to WCA is what WCA understands, and no container may do more than it must. */

const folder = join(packageRoot(), 'deploy/kubernetes');
const overlays = readdirSync(folder);
const read = (...names: readonly string[]): string => readFileSync(join(folder, ...names), 'utf8');
const documents = (...names: readonly string[]) =>
  parseAllDocuments(read(...names)).map((document) => {
    assert.deepEqual(document.errors, [], names.join('/'));
    return document.toJS();
  });
const [daemonSet] = documents('base', 'daemonset.yaml');
const pod = daemonSet.spec.template.spec;
const [collector, controller] = pod.containers;

test('every file of the kustomizations is there, and every manifest has a kind and a name', () => {
  for (const overlay of overlays) {
    const [kustomization] = documents(overlay, 'kustomization.yaml');
    for (const resource of kustomization.resources) assert.ok(existsSync(join(folder, overlay, resource)), resource);
    for (const { files } of kustomization.configMapGenerator) {
      for (const file of files) assert.ok(existsSync(join(folder, overlay, file)), file);
    }
  }
  for (const file of readdirSync(join(folder, 'base'))) {
    if (!file.endsWith('.yaml') || ['config.yaml', 'kustomization.yaml'].includes(file)) continue;
    for (const { apiVersion, kind, metadata } of documents('base', file))
      assert.ok(apiVersion && kind && metadata.name);
  }
});

for (const overlay of overlays) {
  if (existsSync(join(folder, overlay, 'config.yaml'))) {
    test(`the controller's configuration of ${overlay} loads`, () => {
      const env = { NODE_NAME: 'node1', KUBERNETES_SERVICE_HOST: '10.0.0.1' };
      const { deprecations } = load(read(overlay, 'config.yaml'), { definitions: builtinComponents(), env });
      assert.deepEqual(deprecations, []);
    });
  }
  test(`the collector's configuration of ${overlay} is right`, () => {
    const settings = parseConfig(read(overlay, 'collector.json'), 'collector.json');
    const options = chooseOptions({}, settings);
    assert.equal(options.listen, 'unix:/run/wca/collector.sock');
    assert.equal(options.socketGroup, String(controller.securityContext.runAsGroup));
    // Allocating is for the overlay that says so.
    assert.deepEqual(options.operators, overlay === 'allocate' ? [String(controller.securityContext.runAsUser)] : []);
  });
}

test('both containers get the socket, the collector alone the host', () => {
  const mounts = (container: { volumeMounts: readonly { name: string; mountPath: string; readOnly?: boolean }[] }) =>
    container.volumeMounts.map(({ name }) => name);
  assert.ok(mounts(collector).includes('sockets') && mounts(controller).includes('sockets'));
  assert.ok(mounts(collector).includes('cgroup') && !mounts(controller).includes('cgroup'));
  assert.ok(!mounts(controller).includes('ledger'));
  assert.ok(mounts(controller).includes('token') && !mounts(collector).includes('token'));
  const volumes = pod.volumes.map(({ name }: { name: string }) => name);
  for (const container of pod.containers) for (const name of mounts(container)) assert.ok(volumes.includes(name), name);
  assert.equal(collector.volumeMounts[3].name, 'cgroup', 'the overlays patch it by its place');
  assert.equal(pod.automountServiceAccountToken, false);
});

test('no container is privileged, may gain privileges or write to its image; the controller has no capability', () => {
  for (const { name, securityContext } of pod.containers) {
    assert.equal(securityContext.allowPrivilegeEscalation, false, name);
    assert.equal(securityContext.readOnlyRootFilesystem, true, name);
    assert.deepEqual(securityContext.capabilities.drop, ['ALL'], name);
    assert.notEqual(securityContext.privileged, true, name);
  }
  assert.equal(controller.securityContext.capabilities.add, undefined);
  assert.equal(controller.securityContext.runAsNonRoot, true);
  assert.deepEqual(collector.securityContext.capabilities.add, ['PERFMON', 'SYS_PTRACE', 'CHOWN']);
});

test('the arguments are those the programs take', () => {
  assert.equal(parseCommandLine(collector.args).kind, 'run');
  const flags = controller.args.map((arg: string) => arg.split('=')[0]);
  assert.deepEqual(flags, ['--config', '--collector', '--admin']);
  const { value } = controller.env.find(({ name }: { name: string }) => name === 'WCA_CONTROLLER');
  assert.ok(controller.args.includes(`--admin=${value}`), 'wca-ctl in the container finds the controller');
});

test('the account may list pods and nothing else', () => {
  const roles = documents('base', 'rbac.yaml').filter(({ kind }) => kind === 'ClusterRole');
  assert.deepEqual(
    roles.map(({ rules }) => rules),
    [[{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }]],
  );
});

test('the image copies what exists, runs as nobody, and has the programs that the manifests start', () => {
  const root = packageRoot();
  const dockerfile = readFileSync(join(root, 'deploy/Dockerfile'), 'utf8');
  for (const [, source = ''] of dockerfile.matchAll(/^COPY --from=build \/src\/(\S+)/gm)) {
    assert.ok(source.startsWith('dist/') || existsSync(join(root, source)), source);
  }
  assert.match(dockerfile, /^USER 65532:65532$/m);
  for (const { command } of pod.containers) {
    const program = join(root, 'deploy/bin', command[0].split('/').at(-1));
    assert.ok((statSync(program).mode & 0o111) !== 0);
    const [, module = ''] = /\/usr\/lib\/wca\/dist\/(\S+)/.exec(readFileSync(program, 'utf8')) ?? [];
    assert.ok(existsSync(join(root, module.replace(/\.js$/, '.ts'))), module);
  }
});
