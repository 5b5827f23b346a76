import { allocationConfiguration } from '../allocators/allocation-configuration.ts';
import { nopAllocator } from '../allocators/nop-allocator.ts';
import { numaAllocator } from '../allocators/numa/component.ts';
import { staticAllocator } from '../allocators/static/static-allocator.ts';
import { nopAnomalyDetector } from '../detectors/nop-detector.ts';
import { psiContentionDetector } from '../detectors/psi/component.ts';
import { taskLabelRegexGenerator } from '../labels/regex-generator.ts';
import { taskLabelResourceGenerator } from '../labels/resource-generator.ts';
import { ssl } from '../net/ssl.ts';
import { cgroupNode } from '../nodes/cgroup-node.ts';
import { kubernetesNode } from '../nodes/kubernetes/component.ts';
import { mesosNode } from '../nodes/mesos/mesos-node.ts';
import { staticNode } from '../nodes/static-node.ts';
import { allocationRunner } from '../runners/allocation-component.ts';
import { detectionRunner } from '../runners/detection-runner.ts';
import { measurementRunner } from '../runners/measurement-component.ts';
import { filterStorage } from '../storages/filter-storage.ts';
import { httpStorage } from '../storages/http-storage.ts';
import { kafkaStorage } from '../storages/kafka/component.ts';
import { logStorage } from '../storages/log-storage.ts';
import { prometheusStorage } from '../storages/prometheus-component.ts';
import { prometheusRemoteWriteStorage } from '../storages/remote-write/component.ts';
import type { AnyDefinition } from './component.ts';

/** The components that come with WCA, in the order of the reference. */
export function builtinComponents(): readonly AnyDefinition[] {
  return [
    measurementRunner,
    allocationRunner,
    detectionRunner,
    allocationConfiguration,
    nopAllocator,
    staticAllocator,
    numaAllocator,
    nopAnomalyDetector,
    psiContentionDetector,
    staticNode,
    kubernetesNode,
    mesosNode,
    ssl,
    cgroupNode,
    logStorage,
    kafkaStorage,
    httpStorage,
    prometheusRemoteWriteStorage,
    filterStorage,
    prometheusStorage,
    taskLabelRegexGenerator,
    taskLabelResourceGenerator,
  ];
}
