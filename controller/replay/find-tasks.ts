import { systemClock } from '../../shared/lifecycle/clock.ts';
import { LogFactory } from '../../shared/log/logger.ts';
import type { Task__Output as ToldTask } from '../../shared/rpc/gen/wca/v1/Task.ts';
import { limits } from '../../shared/rpc/limits.ts';
import type { CollectorClient as RpcClient } from '../../shared/rpc/proto.ts';
import { CollectorClient } from '../collectors/client.ts';
import type { Task } from '../model/task.ts';
import { CgroupNode } from '../nodes/cgroup-node.ts';

/** The tasks of this moment. */
export type FindTasks = (signal: AbortSignal) => Promise<readonly Task[]>;

/** A collector that lists its cgroups. */
export interface CgroupHost {
  readonly address: string;
  readonly rpc: RpcClient;
  /** Told when the list is cut off. */
  readonly onNote: (text: string) => void;
}

/** Every cgroup with processes and none below it that has some; of those the ones that match `include` where it says any. */
export function cgroupFinder({
  address,
  rpc,
  onNote,
  include,
}: CgroupHost & { readonly include: readonly string[] }): FindTasks {
  let isWhole = true;
  const host = new CollectorClient(
    address,
    () => rpc,
    (error) => {
      if (error !== undefined && isWhole) onNote(error.toText());
      isWhole = error === undefined;
    },
  );
  const logs = new LogFactory({ levels: new Map([['', 'warn']]), fd: 2, pretty: process.stderr.isTTY === true });
  const node = new CgroupNode({
    host,
    clock: systemClock,
    logger: logs.logger('wca.nodes.cgroup'),
    include: include.length === 0 ? undefined : include,
    exclude: [],
    leavesOnly: true,
    includeEmpty: false,
    maxTasks: limits.maxTargets,
    defaultLabels: {},
  });
  return (signal) => node.tasks(signal);
}

/** What a controller tells of its tasks. Resources are told as text: those that are numbers were numbers. Pure. */
export function tasksOfController(told: readonly ToldTask[]): readonly Task[] {
  return told.map(({ id, name, cgroupPath, childCgroupPaths, labels, resources }) => ({
    id,
    name,
    cgroupPath,
    subcgroupPaths: childCgroupPaths,
    labels,
    resources: Object.fromEntries(Object.entries(resources).map(([key, text]) => [key, amountOf(text)])),
  }));
}

function amountOf(text: string): number | string {
  const amount = Number(text);
  return text.trim() !== '' && Number.isFinite(amount) ? amount : text;
}
