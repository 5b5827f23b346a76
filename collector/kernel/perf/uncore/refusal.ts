import { WcaError } from '../../../../shared/errors/wca-error.ts';
import type { Refusal } from '../group.ts';
import type { PerfHost } from '../privilege.ts';
import { explainRefusal } from '../refusal.ts';
import type { PlaceRefusal } from './pmu-counters.ts';

/** Errors that say something of this process and nothing of the event. */
const ofProcess: readonly string[] = ['EACCES', 'EPERM', 'ENOSYS', 'EMFILE', 'ENFILE'];

/** Whether all other events will be refused too. */
export function isForAll({ errno }: Refusal): boolean {
  return ofProcess.includes(errno);
}

/** Why an event is not counted on a PMU; perf_event_open(2), ERRORS. */
export function explainUncoreRefusal(refusal: PlaceRefusal, host: PerfHost): WcaError {
  const { event, errno, pmu, cpu } = refusal;
  const subject = `event ${event.name}`;
  switch (errno) {
    case 'ENODEV': {
      const message = `CPU ${cpu}, which stands for ${pmu}, went offline`;
      return new WcaError('FEATURE_ABSENT', { subject, message, errno, remedy: 'wait until another one does' });
    }
    case 'EINVAL':
    case 'ENOENT':
    case 'EOPNOTSUPP':
    case 'ENOTSUP': {
      const config = `0x${event.config.toString(16)}`;
      const message = `${pmu} cannot count it: config ${config} is not valid there, or fits no counter`;
      const remedy = 'check event and umask against the event list of the CPU';
      return new WcaError('FEATURE_ABSENT', { subject, message, errno, remedy });
    }
    default:
      return explainRefusal(refusal, host, 'PMUs');
  }
}
