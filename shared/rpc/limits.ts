/** Bounds on everything a peer can make the collector hold or do. Sent in GetStatusResponse.limits. */
export const limits = {
  maxSubscribers: 32,
  /** Targets of one subscriber. */
  maxTargets: 10_000,
  maxIdBytes: 256,
  /** PATH_MAX of the kernel, with the terminating NUL. */
  maxPathBytes: 4_095,
  /** Container cgroups of one target. */
  maxChildren: 64,
  /** Cgroup paths of one subscriber's targets, children included. */
  maxCgroups: 40_000,
  /** Bytes of all ids and paths of one subscriber's targets. */
  maxTargetSetBytes: 16 * 1024 * 1024,
  /** perf events of one subscriber. */
  maxEvents: 32,
  /** Uncore events of one subscriber, and the groups they are in. */
  maxUncoreEvents: 64,
  minIntervalMs: 100,
  maxIntervalMs: 60_000,
  /** Received by the collector: a TargetUpdate with maxTargets targets of ordinary size. */
  maxMessageBytes: 16 * 1024 * 1024,
  /** Received by the controller: a snapshot of maxTargets rows and some hundred columns. */
  maxSnapshotBytes: 64 * 1024 * 1024,
  maxCgroupsListed: 20_000,
  /** Of one AllocateRequest. */
  maxAllocatedTargets: 4_000,
  /** Values that are remembered with their originals. */
  maxAllocations: 100_000,
  maxLeases: 64,
  /** Of a lease, of a request. */
  maxLeaseIdBytes: 128,
  minLeaseMs: 1_000,
  maxLeaseMs: 3_600_000,
  /** Remembered for WatchAudit. */
  maxAuditRecords: 1_000,
  maxHeld: 10_000,
  /** Errors of single targets in one snapshot. */
  maxTargetErrors: 100,
  maxRecentErrors: 32,
} as const;
