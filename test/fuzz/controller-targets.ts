import assert from 'node:assert/strict';
import fc from 'fast-check';
import { builtinComponents } from '../../controller/config/builtin.ts';
import { migrateConfiguration } from '../../controller/config/migrate/migrate.ts';
import { parseYaml } from '../../controller/config/yaml-document.ts';
import { batchOf } from '../../controller/model/group-metrics.ts';
import { metricNameProblem } from '../../controller/model/metric-rules.ts';
import { parsePathGlob } from '../../controller/nodes/glob.ts';
import { parsePodList } from '../../controller/nodes/kubernetes/pod.ts';
import { parseQuantity } from '../../controller/nodes/kubernetes/quantity.ts';
import { cgroupOfProcess, parseMesosState } from '../../controller/nodes/mesos/state.ts';
import { parseTaskName } from '../../controller/nodes/task-name.ts';
import { ExpositionFormatter } from '../../controller/storages/exposition.ts';
import { parseLibrdkafka } from '../../controller/storages/kafka/librdkafka.ts';
import { splitExposition } from '../../controller/storages/kafka/split-exposition.ts';
import { load, registryOf } from '../kit/configurations.ts';
import { readExposition } from '../kit/exposition-reader.ts';
import { mutated } from './mutations.ts';
import { seedsIn } from './seeds.ts';
import { type FuzzTarget, parserTarget } from './target.ts';

/** What the controller reads: configurations, orchestrators' answers; and what it writes of other people's strings. */

const mesos = JSON.stringify({
  get_state: {
    get_tasks: {
      launched_tasks: [
        {
          name: 'a',
          statuses: [{ state: 'TASK_RUNNING', task_id: { value: 'x' }, container_status: { executor_pid: 7 } }],
          labels: { labels: [{ key: 'org.apache.aurora.metadata.application', value: 'cart' }] },
          resources: [{ name: 'mem', type: 'SCALAR', scalar: { value: 5.5 } }],
        },
      ],
    },
  },
});

/** Whatever strings tasks bring, the text must read back as what was put in. */
function expositionTarget(): FuzzTarget {
  const labels = fc.dictionary(fc.stringMatching(/^[a-z_][a-z0-9_]{0,8}$/), fc.string({ unit: 'binary' }), {
    maxKeys: 4,
  });
  const metric = fc.record({ name: fc.stringMatching(/^[a-z_:][a-z0-9_:]{0,8}$/), value: fc.double(), labels });
  const formatter = new ExpositionFormatter({ format: 'text', timestamps: true });
  const property = fc.property(fc.array(metric, { maxLength: 8 }), (metrics) => {
    const kept = metrics.filter(
      ({ name, labels: of }) => metricNameProblem(name) === undefined && !('__proto__' in of),
    );
    const text = formatter.format(batchOf(kept, 1)).toString('utf8');
    const samples = readExposition(text);
    assert.ok(samples.length <= kept.length);
    for (const { name } of samples) assert.ok(kept.some((one) => one.name === name));
    const { parts } = splitExposition(Buffer.from(text), 64);
    for (const part of parts) assert.ok(part.length <= 64);
  });
  return { name: 'exposition', property };
}

export function controllerTargets(): readonly FuzzTarget[] {
  const definitions = builtinComponents();
  const registry = registryOf(definitions);
  const configurations = [...seedsIn('configurations', '.yaml'), ...seedsIn('original-configs', '.yaml')];
  return [
    parserTarget('configuration', mutated(configurations), (text) =>
      load(text, { definitions, env: { HOSTNAME: 'n' } }),
    ),
    parserTarget('yaml', mutated(configurations), (text) => parseYaml(text, {})),
    parserTarget(
      'migrate',
      mutated(configurations),
      (text) => migrateConfiguration({ text, registry, fromHead: text.length % 2 === 0 }),
      // What parsed before parses after.
      ({ text }, given) =>
        assert.deepEqual(parseYaml(text, {}).problems.length > 0, parseYaml(given, {}).problems.length > 0),
    ),
    parserTarget('pods', mutated(seedsIn('kubernetes', '.json')), parsePodList, (list) => {
      for (const { uid, cgroupUids } of list?.pods ?? []) {
        for (const id of [uid, ...cgroupUids]) assert.match(id, /^[A-Za-z0-9-]+$/);
      }
    }),
    parserTarget('quantity', mutated(['250m', '1.5Gi', '129e6', '1k']), parseQuantity, (amount) =>
      assert.ok(amount === undefined || Number.isFinite(amount)),
    ),
    parserTarget('mesos', mutated([mesos]), parseMesosState),
    parserTarget('cgroup of a process', mutated(['4:cpu,cpuacct:/mesos/x\n0::/y\n']), cgroupOfProcess),
    parserTarget('task name', mutated(['batch/job7', '/']), parseTaskName),
    parserTarget('glob', mutated(['/kubepods/**', '/a/*/b?']), parsePathGlob),
    parserTarget(
      'librdkafka',
      fc.dictionary(fc.constantFrom('acks', 'compression.type', 'ssl.ca.location', 'x'), fc.string()),
      (of) => parseLibrdkafka(new Map(Object.entries(of))),
    ),
    expositionTarget(),
  ];
}
