/**
 * The closed set of error codes. A code says what kind of thing went wrong; programs match it, people read the message.
 * Retired codes are never used again. docs/errors.md is generated from this table.
 */
export const errorCodes = {
  INVALID_CONFIG: {
    grpc: 'INVALID_ARGUMENT',
    retriable: false,
    exit: 1,
    doc: 'The configuration is wrong; the message names file, line, field and what is allowed.',
  },
  INVALID_ARGUMENT: {
    grpc: 'INVALID_ARGUMENT',
    retriable: false,
    exit: 2,
    doc: 'A request or an option has the wrong shape or is out of range.',
  },
  PEER_DENIED: { grpc: 'PERMISSION_DENIED', retriable: false, exit: 4, doc: 'The caller may not do this.' },
  CGROUP_GONE: { grpc: 'NOT_FOUND', retriable: false, exit: 3, doc: 'There is no such cgroup, or it was removed.' },
  PERMISSION: {
    grpc: 'FAILED_PRECONDITION',
    retriable: false,
    exit: 3,
    doc: 'The kernel refuses access: a privilege is missing.',
  },
  FEATURE_ABSENT: {
    grpc: 'FAILED_PRECONDITION',
    retriable: false,
    exit: 3,
    doc: 'Kernel, hardware or mount lacks the feature.',
  },
  VERSION_MISMATCH: {
    grpc: 'FAILED_PRECONDITION',
    retriable: false,
    exit: 3,
    doc: 'The two processes speak different major versions of the contract.',
  },
  FD_EXHAUSTED: { grpc: 'RESOURCE_EXHAUSTED', retriable: true, exit: 3, doc: 'The limit of open files is reached.' },
  LIMIT_REACHED: {
    grpc: 'RESOURCE_EXHAUSTED',
    retriable: true,
    exit: 3,
    doc: 'A bound is reached; the message says which and how high it is.',
  },
  KERNEL_REFUSED: {
    grpc: 'FAILED_PRECONDITION',
    retriable: false,
    exit: 3,
    doc: "A system call failed; errno and the kernel's text are given.",
  },
  KERNEL_FORMAT: {
    grpc: 'INTERNAL',
    retriable: false,
    exit: 3,
    doc: 'A kernel file does not have the format WCA knows; the message shows it.',
  },
  COUNTERS_SHARED: {
    grpc: 'FAILED_PRECONDITION',
    retriable: false,
    exit: 3,
    doc: 'More perf events are asked for than the CPU has counters: the kernel counts them in turns and the values are estimates.',
  },
  NOT_ALLOWED: {
    grpc: 'PERMISSION_DENIED',
    retriable: false,
    exit: 4,
    doc: "The collector's policy does not let this cgroup, or this type of allocation, be touched.",
  },
  ALLOCATION_HELD: {
    grpc: 'FAILED_PRECONDITION',
    retriable: false,
    exit: 3,
    doc: 'An operator said that nobody may touch the cgroup (wca-ctl hold).',
  },
  CHANGED_BY_OTHERS: {
    grpc: 'FAILED_PRECONDITION',
    retriable: false,
    exit: 3,
    doc: 'Somebody else changed the value since it was allocated; it is respected until it is released.',
  },
  CLOSID_EXHAUSTED: {
    grpc: 'RESOURCE_EXHAUSTED',
    retriable: true,
    exit: 3,
    doc: 'No control group of resctrl is left; the message says how many there are.',
  },
  STORAGE_FAILED: { grpc: 'UNAVAILABLE', retriable: true, exit: 3, doc: 'Metrics could not be stored.' },
  DISCOVERY_FAILED: { grpc: 'UNAVAILABLE', retriable: true, exit: 3, doc: 'The list of tasks could not be read.' },
  PLUGIN_FAILED: { grpc: 'INTERNAL', retriable: false, exit: 1, doc: 'A component threw, hung or answered nonsense.' },
  UNAVAILABLE: { grpc: 'UNAVAILABLE', retriable: true, exit: 3, doc: 'The other side cannot be reached.' },
  CANCELLED: { grpc: 'CANCELLED', retriable: true, exit: 3, doc: 'The call was given up.' },
  DEADLINE: { grpc: 'DEADLINE_EXCEEDED', retriable: true, exit: 3, doc: 'No answer in time.' },
  INTERNAL: {
    grpc: 'INTERNAL',
    retriable: false,
    exit: 70,
    doc: 'A bug in WCA. The peer gets an incident id, the log has the details.',
  },
} as const satisfies Record<string, ErrorCodeFacts>;

export type GrpcStatusName =
  | 'INVALID_ARGUMENT'
  | 'PERMISSION_DENIED'
  | 'NOT_FOUND'
  | 'FAILED_PRECONDITION'
  | 'RESOURCE_EXHAUSTED'
  | 'INTERNAL'
  | 'UNAVAILABLE'
  | 'CANCELLED'
  | 'DEADLINE_EXCEEDED';

export interface ErrorCodeFacts {
  readonly grpc: GrpcStatusName;
  /** Whether the same call may succeed later with nothing changed by a person. */
  readonly retriable: boolean;
  /** Exit status of wca-ctl when a command ends with this error. */
  readonly exit: number;
  readonly doc: string;
}

export type ErrorCode = keyof typeof errorCodes;

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorCodes, text);
}
