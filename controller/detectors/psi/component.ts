import { WcaError } from '../../../shared/errors/wca-error.ts';
import { defineComponent } from '../../config/component.ts';
import { withDefault } from '../../config/parameters.ts';
import { float, int, list, numeric, oneOf } from '../../config/types.ts';
import { PsiContentionDetector } from './detector.ts';
import { pressureResources } from './sample.ts';

const share = float({ min: 0, max: 1 });
const pressure = float({ min: 0.01, max: 1 });

/** `!PsiContentionDetector`; docs/detection.md tells how it decides. */
export const psiContentionDetector = defineComponent({
  tag: 'PsiContentionDetector',
  kind: 'detector',
  since: 'wca',
  doc: 'Finds tasks that wait for CPU, memory or IO because of a neighbour, by pressure stall information, and names the neighbours. docs/detection.md tells how.',
  parameters: {
    resources: withDefault(list(oneOf(pressureResources)), pressureResources, {
      doc: 'For which resources to look: cpu, memory, io.',
      nullIsDefault: true,
    }),
    cpu_pressure: withDefault(pressure, 0.1, {
      doc: 'Share of the time that a task must wait for a CPU, without that in which its own quota stops it.',
    }),
    memory_pressure: withDefault(pressure, 0.05, {
      doc: 'Share of the time that all threads of a task must wait for memory.',
    }),
    io_pressure: withDefault(pressure, 0.05, {
      doc: 'Share of the time that all threads of a task must wait for IO.',
    }),
    steal: withDefault(pressure, 0.05, {
      doc: 'Share of the CPUs taken by the hypervisor from which on it is to blame, not a neighbour.',
    }),
    host_cpu_busy: withDefault(share, 0.7, {
      doc: 'Share of the CPUs in use below which no neighbour is to blame for CPU pressure.',
    }),
    host_memory_used: withDefault(share, 0.8, {
      doc: 'Share of the memory in use, but for caches, below which no neighbour is to blame for memory pressure.',
    }),
    contender_share: withDefault(float({ min: 0.01, max: 1 }), 0.1, {
      doc: 'Part of all use of the resource that a neighbour must have.',
    }),
    max_contending: withDefault(int({ min: 1, max: 100 }), 5, { doc: 'Neighbours that an anomaly names at most.' }),
    intervals: withDefault(int({ min: 1, max: 100 }), 5, { doc: 'Last iterations that are looked at.' }),
    needed: withDefault(int({ min: 1, max: 100 }), 3, {
      doc: 'In so many of them a neighbour must be to blame; no more than intervals.',
    }),
    raise_after: withDefault(numeric(0, 3600), 3, {
      doc: 'It must have begun so long ago.',
      unit: 'seconds',
    }),
    clear_after: withDefault(numeric(0, 3600), 10, {
      doc: 'It is told until it has not been seen for so long.',
      unit: 'seconds',
    }),
  },
  example: '!PsiContentionDetector {cpu_pressure: 0.2, resources: [cpu, memory]}',
  create(args, context) {
    if (args.needed > args.intervals) {
      throw new WcaError('INVALID_CONFIG', {
        subject: 'needed',
        message: `${args.needed} is more than intervals, ${args.intervals}`,
        remedy: 'give no more than intervals',
      });
    }
    const log = context.logger('wca.detectors.psi');
    return new PsiContentionDetector({
      thresholds: {
        cpuPressure: args.cpu_pressure,
        memoryPressure: args.memory_pressure,
        ioPressure: args.io_pressure,
        steal: args.steal,
        hostBusy: args.host_cpu_busy,
        memoryUsed: args.host_memory_used,
        contenderShare: args.contender_share,
      },
      hysteresis: {
        intervals: args.intervals,
        needed: args.needed,
        raiseSeconds: args.raise_after,
        clearSeconds: args.clear_after,
      },
      resources: [...new Set(args.resources)],
      maxContending: args.max_contending,
      onMissing: (missing) => {
        if (missing.length === 0) log.info('what was missing for a verdict is measured again');
        else log.warn({ missing }, 'no verdict for some tasks: these inputs are not measured; see docs/detection.md');
      },
    });
  },
});
