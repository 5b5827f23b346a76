import { WcaError } from '../../../shared/errors/wca-error.ts';
import type { Refusal } from './group.ts';

interface Facts {
  readonly code: 'FEATURE_ABSENT' | 'PERMISSION' | 'FD_EXHAUSTED' | 'KERNEL_REFUSED';
  readonly message: string;
  readonly remedy: string;
}

const noPmu: Facts = {
  code: 'FEATURE_ABSENT',
  message:
    'the kernel has no such event here: this machine has no performance monitoring unit (a virtual machine without a virtual PMU?)',
  remedy: 'use software events, or give the virtual machine a PMU (KVM: -cpu host,pmu=on)',
};
const denied: Facts = {
  code: 'PERMISSION',
  message: 'the kernel does not let this process count events of cgroups',
  remedy: 'run the collector as root or with CAP_PERFMON, or set kernel.perf_event_paranoid to 0 or less',
};
const exhausted: Facts = {
  code: 'FD_EXHAUSTED',
  message: 'no file descriptor is left for its counters',
  remedy: 'raise LimitNOFILE= of the collector, or ask for fewer events',
};

/** perf_event_open(2), ERRORS, by what it means for an event of a cgroup. */
const byErrno: Readonly<Record<string, Facts>> = {
  ENOENT: noPmu,
  EOPNOTSUPP: noPmu,
  ENODEV: noPmu,
  ENOTSUP: noPmu,
  EACCES: denied,
  EPERM: denied,
  EMFILE: exhausted,
  ENFILE: exhausted,
  EINVAL: {
    code: 'FEATURE_ABSENT',
    message: 'the CPU cannot count it: the encoding is not valid here, or it fits no counter',
    remedy: 'check the encoding against the event list of the CPU',
  },
  EBUSY: {
    code: 'KERNEL_REFUSED',
    message: 'another user of the counters has them for itself',
    remedy: 'look for pinned events (perf, the NMI watchdog: kernel.nmi_watchdog = 0)',
  },
  ENOSYS: {
    code: 'FEATURE_ABSENT',
    message: 'the system call perf_event_open does not exist here, or a filter hides it',
    remedy: 'allow perf_event_open in the seccomp profile (SystemCallFilter=)',
  },
};

/** Why an event is not counted, for people. */
export function explainRefusal({ event, errno }: Refusal): WcaError {
  const facts = byErrno[errno] ?? {
    code: 'KERNEL_REFUSED' as const,
    message: `perf_event_open failed with ${errno}`,
    remedy: 'leave the event out',
  };
  return new WcaError(facts.code, {
    subject: `event ${event.name}`,
    message: facts.message,
    remedy: facts.remedy,
    errno,
  });
}
