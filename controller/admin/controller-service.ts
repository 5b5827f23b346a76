import type { handleUnaryCall, ServerWritableStream, UntypedServiceImplementation } from '@grpc/grpc-js';
import { toStatus } from '../../shared/errors/grpc-status.ts';
import { WcaError } from '../../shared/errors/wca-error.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Error as ErrorMessage } from '../../shared/rpc/gen/wca/v1/Error.ts';
import type { GetMetricsRequest__Output as GetMetricsRequest } from '../../shared/rpc/gen/wca/v1/GetMetricsRequest.ts';
import type { GetMetricsResponse } from '../../shared/rpc/gen/wca/v1/GetMetricsResponse.ts';
import type { ListComponentsRequest__Output as ListComponentsRequest } from '../../shared/rpc/gen/wca/v1/ListComponentsRequest.ts';
import type { ListComponentsResponse } from '../../shared/rpc/gen/wca/v1/ListComponentsResponse.ts';
import type { Task } from '../../shared/rpc/gen/wca/v1/Task.ts';
import type { Usage } from '../../shared/rpc/gen/wca/v1/Usage.ts';
import type { WatchUsageRequest__Output as WatchUsageRequest } from '../../shared/rpc/gen/wca/v1/WatchUsageRequest.ts';
import type { TargetError } from '../../shared/rpc/watch-messages.ts';
import { describeComponents } from '../config/describe.ts';
import type { Registry } from '../config/registry.ts';
import { Deltas } from '../derived/deltas.ts';
import { hostUsage, taskUsages } from '../derived/usage.ts';
import type { FollowedHost } from '../fleet/followed-host.ts';
import { mergeBatches } from '../model/metric-batch.ts';
import { nameOfState } from '../model/target-states.ts';
import type { Board, Iteration } from '../runners/board.ts';
import { ExpositionFormatter } from '../storages/exposition.ts';
import { controllerStatus, type StatusParts } from './controller-status.ts';

/** Of nodes, in an error. */
const maxNames = 20;

export interface AdminParts extends StatusParts {
  readonly registry: Registry;
  readonly logger: Logger;
}

/** The handlers of the service Controller (proto/wca/v1/controller.proto). They look at the boards and change nothing. */
export function controllerHandlers(parts: AdminParts): UntypedServiceImplementation {
  const formatter = new ExpositionFormatter({ format: 'text', timestamps: false });
  const statusFor = (thrown: unknown) =>
    toStatus(thrown, (incident, err) => parts.logger.error({ incident, err }, 'a call to the admin socket failed'));
  const unary = <Request, Reply>(answer: (request: Request) => Reply): handleUnaryCall<Request, Reply> => {
    return (call, callback) => {
      try {
        callback(null, answer(call.request));
      } catch (thrown) {
        callback(statusFor(thrown));
      }
    };
  };
  return {
    GetStatus: unary(() => controllerStatus(parts)),
    ListComponents: unary(({ name }: ListComponentsRequest): ListComponentsResponse => {
      const components = describeComponents(parts.registry);
      return { components: name === '' ? components : components.filter((component) => component.name === name) };
    }),
    ListTasks: unary(() => ({ tasks: parts.hosts().flatMap(listTasks) })),
    GetMetrics: unary(({ names, node }: GetMetricsRequest) => {
      const hosts = node === '' && names.length > 0 ? parts.hosts() : [chooseHost(parts.hosts(), node)];
      return metricsOf(hosts, { names, formatter });
    }),
    WatchUsage: (call: ServerWritableStream<WatchUsageRequest, Usage>) => {
      try {
        watchUsage(call, chooseHost(parts.hosts(), call.request.node), parts.logger);
      } catch (thrown) {
        call.emit('error', statusFor(thrown));
      }
    },
  };
}

/** The one that is named, or the only one. Throws INVALID_ARGUMENT. */
function chooseHost(hosts: readonly FollowedHost[], name: string): FollowedHost {
  const [only, ...others] = hosts;
  const found = name === '' && others.length === 0 ? only : hosts.find((host) => host.name === name);
  if (found !== undefined) return found;
  const known = hosts.map((host) => host.name);
  const shown = known.length > maxNames ? [...known.slice(0, maxNames), `${known.length - maxNames} more`] : known;
  const remedy = known.length === 0 ? {} : { remedy: `name one of them: --node ${shown.join(', ')}` };
  throw new WcaError('INVALID_ARGUMENT', {
    subject: name === '' ? 'node' : `node ${name.slice(0, 253)}`,
    message: name === '' ? `${known.length} collectors are followed` : 'is not followed',
    ...remedy,
  });
}

function listTasks({ name, board: { iteration } }: FollowedHost): Task[] {
  if (iteration === undefined) return [];
  const { roster, snapshot } = iteration.delivery;
  const rows = new Map(roster.targetIds.map((id, row) => [id, row]));
  return [...iteration.tasks].map(([id, task]) => {
    const row = rows.get(id);
    return {
      id: task.id,
      name: task.name,
      cgroupPath: task.cgroupPath,
      childCgroupPaths: [...task.subcgroupPaths],
      labels: task.labels,
      resources: Object.fromEntries(Object.entries(task.resources).map(([key, value]) => [key, String(value)])),
      state: row === undefined ? 'pending' : nameOfState(snapshot.states[row] ?? 0),
      errors: row === undefined ? [] : errorsOf(snapshot.errors, row),
      node: name,
    };
  });
}

function errorsOf(errors: readonly TargetError[], row: number): ErrorMessage[] {
  return errors.filter((one) => one.row === row).map(({ error }) => error);
}

function metricsOf(
  hosts: readonly FollowedHost[],
  { names, formatter }: { readonly names: readonly string[]; readonly formatter: ExpositionFormatter },
): GetMetricsResponse {
  const batches = hosts.flatMap(({ board }) => board.iteration?.batch ?? []);
  const all = mergeBatches(batches);
  const families = names.length === 0 ? all.families : all.families.filter(({ name }) => names.includes(name));
  return {
    exposition: formatter.format({ ...all, families }).toString('utf8'),
    sampledUnixSeconds: all.timestampMs / 1000,
  };
}

/**
 * One message an iteration, the last one at once. Latest wins: a client that has not read a message gets the next one
 * instead of both. Nothing is computed while nobody watches.
 */
function watchUsage(call: ServerWritableStream<unknown, Usage>, { board }: FollowedHost, logger: Logger): void {
  const show = (iteration: Iteration, previous: Iteration | undefined): void => {
    if (call.writableLength > 0) return;
    try {
      call.write(usageOf(board, iteration, previous));
    } catch (thrown) {
      // The iteration that is being published must not suffer from those who look on.
      logger.error({ err: thrown }, 'the usage of the tasks cannot be told');
    }
  };
  const end = board.watch(show);
  for (const event of ['cancelled', 'close', 'error'] as const) call.on(event, end);
  if (board.iteration !== undefined) show(board.iteration, board.previous);
}

function usageOf(board: Board, iteration: Iteration, previous: Iteration | undefined): Usage {
  const deltas = new Deltas(previous?.delivery, iteration.delivery);
  const { host } = board;
  return {
    sequence: iteration.sequence,
    realtimeSeconds: iteration.batch.timestampMs / 1000,
    intervalSeconds: deltas.seconds ?? 0,
    host: host === undefined ? null : hostUsage(deltas, host),
    tasks: taskUsages(deltas, iteration.tasks),
    features: [...board.features],
  };
}
