import { toWcaError, WcaError } from '../../shared/errors/wca-error.ts';
import type { Clock } from '../../shared/lifecycle/clock.ts';
import { Episodes } from '../../shared/log/episodes.ts';
import type { LogFactory } from '../../shared/log/logger.ts';
import type { CollectorLink } from '../collectors/link.ts';
import type { Registry } from '../config/registry.ts';
import { Board } from '../runners/board.ts';
import type { Runner, RunnerEnvironment } from '../runners/runner.ts';
import { Findings } from './findings.ts';
import { type Frame, framesOf } from './frames.ts';
import { missingMeasurements } from './missing.ts';
import { PendingWork } from './pending-work.ts';
import { Player, ReplayNode } from './player.ts';
import type { Recording } from './recording.ts';
import { ReplayClock } from './replay-clock.ts';
import { ReplayLink } from './replay-link.ts';
import { replayedRegistry } from './replayed-components.ts';
import { noStorage, ReplayedStorage } from './replayed-storage.ts';

export interface ReplayOptions {
  readonly recording: Recording;
  readonly registry: Registry;
  readonly logs: LogFactory;
  /** Seconds of the recording in one second; undefined: as fast as it goes. */
  readonly speed: number | undefined;
  /** Whether storages store. */
  readonly store: boolean;
  readonly iterations: number | undefined;
  /** Makes the runner of the configuration. */
  readonly configure: (registry: Registry, link: CollectorLink, clock: Clock) => Runner;
}

/** How a replay went. */
export interface ReplayReport {
  readonly findings: Findings;
  /** Exit status of the runner. */
  readonly status: number;
  /** Of the present. */
  readonly tookSeconds: number;
  /** Why the recording was not played to its end. */
  readonly failure: WcaError | undefined;
}

/** Troubles are told in the summary as well. */
class NotedEpisodes extends Episodes {
  readonly #findings: Findings;

  constructor(findings: Findings, logs: LogFactory, clock: Clock) {
    super(logs.logger('wca.episodes'), clock);
    this.#findings = findings;
  }

  override failed(key: string, error: WcaError, options: { readonly source: string; readonly doing: string }): void {
    this.#findings.addError(key, error);
    super.failed(key, error, options);
  }
}

/**
 * Runs the runner of a configuration on a recording. Throws INVALID_ARGUMENT for a recording without a snapshot and
 * INVALID_CONFIG for a wrong configuration; what goes wrong later is in the report.
 */
export async function runReplay(options: ReplayOptions, signal: AbortSignal): Promise<ReplayReport> {
  const { recording, registry, logs, configure } = options;
  const startedMs = performance.now();
  const frames = framesOf(recording.items());
  const first = frames.next();
  if (first.done === true) {
    throw new WcaError('INVALID_ARGUMENT', { subject: recording.file, message: 'holds no snapshot' });
  }
  const findings = new Findings();
  const work = new PendingWork();
  const node = new ReplayNode();
  node.recorded = first.value.tasks;
  const clock = new ReplayClock(first.value.snapshot);
  let played: Frame = first.value;
  const link = new ReplayLink({
    file: recording.file,
    findCurrent: (id, type) => {
      const row = played.roster.targetIds.indexOf(id);
      return played.allocations?.targets[row]?.values.find(({ value }) => value.type === type);
    },
    onAllocate: ({ id }, value, before) => findings.addAllocation(unixMs(clock), id, { value, before }),
  });
  const replayed = replayedRegistry(registry, { node, findings, work });
  const runner = configure(replayed, link, clock);
  logs
    .logger('wca.replay')
    .info(
      { recording: recording.file, tasks: first.value.tasks.length },
      'the node of the configuration is not asked: tasks are those of the recording',
    );
  const stop = new AbortController();
  const over = AbortSignal.any([signal, stop.signal]);
  const running = runner.run(environmentOf(options, { link, clock, findings, work }), over);
  const ended = running.then(
    () => stop.abort(),
    () => stop.abort(),
  );
  const onFrame: ConstructorParameters<typeof Player>[0]['onFrame'] = (frame, { spec }) => {
    played = frame;
    for (const note of missingMeasurements(spec, frame)) findings.notes.add(note);
  };
  const player = new Player({ link, clock, work, node, speed: options.speed, onFrame });
  let failure: WcaError | undefined;
  try {
    await player.play(chain(first.value, frames), over);
  } catch (thrown) {
    failure = toWcaError(thrown, recording.file);
  }
  stop.abort();
  await player.finish(ended);
  noteEnd(recording, findings);
  return { findings, status: await running, failure, tookSeconds: (performance.now() - startedMs) / 1000 };
}

interface Surroundings {
  readonly link: ReplayLink;
  readonly clock: ReplayClock;
  readonly findings: Findings;
  readonly work: PendingWork;
}

function environmentOf(
  { logs, iterations, store }: ReplayOptions,
  { link, clock, findings, work }: Surroundings,
): RunnerEnvironment {
  const board = new Board();
  board.watch(({ delivery, tasks }) => {
    findings.addIteration(Number(delivery.snapshot.realtimeNs / 1_000_000n), tasks.values());
  });
  return {
    collector: link,
    clock,
    random: () => 0.5, // the same pauses and names in each replay
    episodes: new NotedEpisodes(findings, logs, clock),
    board,
    iterations,
    dryRun: true,
    adaptStorage: (storage) => (store ? new ReplayedStorage(storage, work) : noStorage),
    selfUsage: () => undefined, // that of this process says nothing of the recorded host
    logger: (module) => logs.logger(module),
    logCounts: () => logs.counts(),
  };
}

function noteEnd({ cut }: Recording, findings: Findings): void {
  if (cut === undefined) return;
  findings.notes.add(`the recording is cut at byte ${cut.at}: its last ${cut.bytes} bytes are left out`);
}

function* chain(first: Frame, rest: Iterable<Frame>): Generator<Frame> {
  yield first;
  yield* rest;
}

function unixMs(clock: ReplayClock): number {
  return Number(clock.realtimeNs() / 1_000_000n);
}
