import type { handleUnaryCall, ServerWritableStream, UntypedServiceImplementation } from '@grpc/grpc-js';
import { toStatus } from '../../shared/errors/grpc-status.ts';
import type { WcaError } from '../../shared/errors/wca-error.ts';
import type { Episodes } from '../../shared/log/episodes.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Error as ErrorMessage } from '../../shared/rpc/gen/wca/v1/Error.ts';
import type { GetControllerStatusResponse } from '../../shared/rpc/gen/wca/v1/GetControllerStatusResponse.ts';
import type { GetMetricsRequest__Output as GetMetricsRequest } from '../../shared/rpc/gen/wca/v1/GetMetricsRequest.ts';
import type { GetMetricsResponse } from '../../shared/rpc/gen/wca/v1/GetMetricsResponse.ts';
import type { ListComponentsRequest__Output as ListComponentsRequest } from '../../shared/rpc/gen/wca/v1/ListComponentsRequest.ts';
import type { ListComponentsResponse } from '../../shared/rpc/gen/wca/v1/ListComponentsResponse.ts';
import type { ListTasksResponse } from '../../shared/rpc/gen/wca/v1/ListTasksResponse.ts';
import type { Usage } from '../../shared/rpc/gen/wca/v1/Usage.ts';
import { apiVersion } from '../../shared/rpc/version.ts';
import type { TargetError } from '../../shared/rpc/watch-messages.ts';
import { readSelfUsage } from '../../shared/self/self-usage.ts';
import { describeComponents } from '../config/describe.ts';
import type { Registry } from '../config/registry.ts';
import { Deltas } from '../derived/deltas.ts';
import { hostUsage, taskUsages } from '../derived/usage.ts';
import { nameOfState } from '../model/target-states.ts';
import type { Board, Iteration } from '../runners/board.ts';
import { ExpositionFormatter } from '../storages/exposition.ts';
import type { DelayMeter } from './delay-meter.ts';

export interface AdminParts {
  readonly board: Board;
  readonly registry: Registry;
  readonly episodes: Episodes;
  readonly logger: Logger;
  readonly delay: DelayMeter;
  readonly configFile: string;
}

/** The handlers of the service Controller (proto/wca/v1/controller.proto). They look at the board and change nothing. */
export function controllerHandlers(parts: AdminParts): UntypedServiceImplementation {
  const formatter = new ExpositionFormatter({ format: 'text', timestamps: false });
  const unary = <Request, Reply>(answer: (request: Request) => Reply): handleUnaryCall<Request, Reply> => {
    return (call, callback) => {
      try {
        callback(null, answer(call.request));
      } catch (thrown) {
        callback(
          toStatus(thrown, (incident, err) =>
            parts.logger.error({ incident, err }, 'a call to the admin socket failed'),
          ),
        );
      }
    };
  };
  return {
    GetStatus: unary(() => statusOf(parts)),
    ListComponents: unary(({ name }: ListComponentsRequest): ListComponentsResponse => {
      const components = describeComponents(parts.registry);
      return { components: name === '' ? components : components.filter((component) => component.name === name) };
    }),
    ListTasks: unary(() => listTasks(parts.board.iteration)),
    GetMetrics: unary(({ names }: GetMetricsRequest) => metricsOf(parts.board.iteration, { names, formatter })),
    WatchUsage: (call: ServerWritableStream<unknown, Usage>) => watchUsage(call, parts),
  };
}

function statusOf({ board, episodes, delay, configFile }: AdminParts): GetControllerStatusResponse {
  const { iteration, status } = board;
  return {
    server: apiVersion,
    pid: process.pid,
    uptimeSeconds: process.uptime(),
    configFile,
    collectors: status.collectors.map(({ error, ...session }) => ({ ...session, error: messageOf(error) })),
    steps: [...(iteration?.steps ?? [])],
    iterations: iteration?.sequence ?? 0,
    tasks: iteration?.tasks.size ?? 0,
    storages: status.storages.map(({ name, describe, status: { error, ...counts } }) => ({
      name: `${name}: ${describe}`,
      ...counts,
      error: messageOf(error),
    })),
    errorCounts: [...episodes.counts()],
    openEpisodes: episodes.open().flatMap(({ error }) => messageOf(error) ?? []),
    usage: { ...readSelfUsage(), eventLoopDelaySeconds: delay.takeLongestSeconds() },
    discovery: status.discovery,
    endpoints: [...status.endpoints],
    notes: [...(iteration?.delivery.schema.notes ?? [])],
  };
}

function messageOf(error: WcaError | undefined): ErrorMessage | null {
  if (error === undefined) return null;
  const { code, subject, message, remedy = '', errno = '' } = error;
  return { code, subject, message, remedy, errno };
}

function listTasks(iteration: Iteration | undefined): ListTasksResponse {
  if (iteration === undefined) return { tasks: [] };
  const { roster, snapshot } = iteration.delivery;
  const rows = new Map(roster.targetIds.map((id, row) => [id, row]));
  return {
    tasks: [...iteration.tasks].map(([id, task]) => {
      const row = rows.get(id);
      return {
        id: task.id,
        name: task.name,
        cgroupPath: task.cgroupPath,
        childCgroupPaths: [...task.subcgroupPaths],
        labels: task.labels,
        resources: Object.fromEntries(Object.entries(task.resources).map(([name, value]) => [name, String(value)])),
        state: row === undefined ? 'pending' : nameOfState(snapshot.states[row] ?? 0),
        errors: row === undefined ? [] : errorsOf(snapshot.errors, row),
      };
    }),
  };
}

function errorsOf(errors: readonly TargetError[], row: number): ErrorMessage[] {
  return errors.filter((one) => one.row === row).map(({ error }) => error);
}

function metricsOf(
  iteration: Iteration | undefined,
  { names, formatter }: { readonly names: readonly string[]; readonly formatter: ExpositionFormatter },
): GetMetricsResponse {
  if (iteration === undefined) return { exposition: '', sampledUnixSeconds: 0 };
  const { batch } = iteration;
  const families = names.length === 0 ? batch.families : batch.families.filter(({ name }) => names.includes(name));
  return {
    exposition: formatter.format({ ...batch, families }).toString('utf8'),
    sampledUnixSeconds: batch.timestampMs / 1000,
  };
}

/**
 * One message an iteration, the last one at once. Latest wins: a client that has not read a message gets the next one
 * instead of both. Nothing is computed while nobody watches.
 */
function watchUsage(call: ServerWritableStream<unknown, Usage>, { board, logger }: AdminParts): void {
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
