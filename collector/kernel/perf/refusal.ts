import { WcaError } from '../../../shared/errors/wca-error.ts';
import type { Refusal } from './group.ts';
import type { PerfHost } from './privilege.ts';

interface Facts {
  readonly code: 'FEATURE_ABSENT' | 'PERMISSION' | 'FD_EXHAUSTED' | 'KERNEL_REFUSED';
  readonly message: string;
  readonly remedy: string;
}

const unknownHost: PerfHost = { paranoid: undefined, privileged: undefined, virtual: undefined };

const noPerfCgroup: Facts = {
  code: 'FEATURE_ABSENT',
  message:
    'the kernel does not count by this kind of cgroup: perf_event is bound to another hierarchy, or not built in',
  remedy: 'see the perf_event row of /proc/cgroups; use a kernel with CONFIG_CGROUP_PERF',
};

function noPmu({ virtual, pmus = [] }: PerfHost): Facts {
  if (pmus.length > 0) {
    return {
      code: 'FEATURE_ABSENT',
      message: `the kernel has no such event for the PMU of this CPU (${pmus.join(', ')})`,
      remedy: 'leave the event out',
    };
  }
  const software = 'use software events';
  const guest = `${software}, or give the virtual machine a PMU (KVM: -cpu host,pmu=on; VMware: vpmc.enable = "TRUE")`;
  const metal = `${software}, or see the kernel's log (Performance Events) for why it has no driver for this CPU`;
  return {
    code: 'FEATURE_ABSENT',
    message: `the kernel has no such event here: this ${
      virtual === true ? 'virtual machine has no virtual' : 'machine has no'
    } performance monitoring unit${virtual === undefined ? ' (a virtual machine without a virtual one?)' : ''}`,
    remedy: virtual === false ? metal : guest,
  };
}

/** Events of a whole CPU, as those of cgroups and of PMUs are, need perf_event_paranoid <= 0 or a capability. */
function denied({ paranoid, privileged }: PerfHost, what: string): Facts {
  const message = `the kernel does not let this process count events of ${what}`;
  if (privileged === true && paranoid !== undefined && paranoid > 2) {
    return {
      code: 'PERMISSION',
      message: `${message}: kernel.perf_event_paranoid is ${paranoid}, at which kernels of Debian and Ubuntu may want CAP_SYS_ADMIN`,
      remedy: 'sysctl -w kernel.perf_event_paranoid=2, or give the collector CAP_SYS_ADMIN',
    };
  }
  if (privileged === true || (paranoid !== undefined && paranoid <= 0)) {
    const allowed = privileged === true ? 'it has CAP_PERFMON' : `kernel.perf_event_paranoid is ${paranoid}`;
    return {
      code: 'PERMISSION',
      message: `${message} although ${allowed}: a seccomp filter, a security module or a user namespace forbids it`,
      remedy: 'run the collector outside of containers, or allow perf_event_open in the profile (SystemCallFilter=)',
    };
  }
  const level = paranoid === undefined ? '' : `kernel.perf_event_paranoid is ${paranoid}`;
  const lack = privileged === false ? 'it has neither CAP_PERFMON nor CAP_SYS_ADMIN' : '';
  const reasons = [level, lack].filter((reason) => reason !== '').join(' and ');
  return {
    code: 'PERMISSION',
    message: reasons === '' ? message : `${message}: ${reasons}`,
    remedy:
      'run the collector as root or with CAP_PERFMON (AmbientCapabilities=CAP_PERFMON; CAP_SYS_ADMIN before Linux 5.8), ' +
      'or sysctl -w kernel.perf_event_paranoid=0',
  };
}

const exhausted: Facts = {
  code: 'FD_EXHAUSTED',
  message: 'no file descriptor is left for its counters',
  remedy: 'raise LimitNOFILE= of the collector, or ask for fewer events',
};

/** perf_event_open(2), ERRORS, by what it means for an event of a cgroup. */
const byErrno: Readonly<Record<string, Facts>> = {
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

function factsOf({ event, errno }: Refusal, host: PerfHost, what: string): Facts {
  switch (errno) {
    case 'ENOENT':
    case 'EOPNOTSUPP':
    case 'ENOTSUP':
    case 'ENODEV':
      return event.software ? noPerfCgroup : noPmu(host);
    case 'EACCES':
    case 'EPERM':
      return denied(host, what);
    default:
      return (
        byErrno[errno] ?? {
          code: 'KERNEL_REFUSED',
          message: `perf_event_open failed with ${errno}`,
          remedy: 'leave the event out',
        }
      );
  }
}

/** Why an event is not counted, for people; more exact with the facts of the host. `what` has the event: cgroups, PMUs. */
export function explainRefusal(refusal: Refusal, host: PerfHost = unknownHost, what = 'cgroups'): WcaError {
  const { event, errno } = refusal;
  const facts = factsOf(refusal, host, what);
  return new WcaError(facts.code, {
    subject: `event ${event.name}`,
    message: facts.message,
    remedy: facts.remedy,
    errno,
  });
}
