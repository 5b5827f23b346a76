import type { AllocationUnits } from '../../shared/allocation/normalise.ts';
import type { AllocationValue, CurrentAllocations } from '../../shared/allocation/values.ts';
import { toWcaError, WcaError } from '../../shared/errors/wca-error.ts';
import type { AllocationConfiguration } from '../allocators/allocation-configuration.ts';
import type { Allocator } from '../allocators/allocator.ts';
import { AnswerMemo } from '../allocators/answer-memo.ts';
import { isWithinTolerance, planChanges } from '../allocators/changeset.ts';
import { type CheckedResult, checkAllocationResult } from '../allocators/check-result.ts';
import { Denormaliser } from '../allocators/denormalise.ts';
import { checkQosRule } from '../allocators/qos-rule.ts';
import { withRootLines } from '../allocators/root-lines.ts';
import { AnomalyStatistics, anomalyMetrics } from '../detectors/anomaly-metrics.ts';
import type { Metric } from '../model/metric.ts';
import type { MetricParts } from '../model/metric-parts.ts';
import type { Task } from '../model/task.ts';
import { PluginGuard } from '../plugins/guard.ts';
import type { Storage } from '../storages/storage.ts';
import { AllocationRows } from './allocation-rows.ts';
import { AllocationSender, type TaskWish } from './allocation-send.ts';
import type { StorageFacts } from './board.ts';
import { ExtensionStorages } from './extension-storages.ts';
import type { IterationExtension, MeasuredIteration } from './iteration-extension.ts';
import type { PlatformFacts } from './platform-view.ts';
import type { RunnerEnvironment } from './runner.ts';
import { type IterationView, viewIteration } from './task-views.ts';

const noTasks: ReadonlyMap<string, Task> = new Map();
/** What is left to the collector when the runner stops. */
const restoreMs = 5_000;

export interface AllocationStepOptions {
  readonly allocator: Allocator;
  readonly allocationsStorage: Storage;
  readonly anomaliesStorage: Storage;
  readonly metricsStorage: Storage;
  readonly configuration: AllocationConfiguration;
  /** Capabilities without which the runner cannot do what it is for. */
  readonly required: readonly string[];
  readonly leaseSeconds: number | undefined;
  readonly restoreOnExit: boolean;
  readonly dryRun: boolean;
  readonly reassert: boolean;
  /** Differences up to this, in normalised units, are none; undefined: what would be written is compared. */
  readonly tolerance: number | undefined;
  readonly timeoutSeconds: number;
}

interface Running {
  readonly environment: RunnerEnvironment;
  readonly storages: ExtensionStorages;
  readonly guard: PluginGuard;
  readonly sender: AllocationSender;
  readonly stopping: AbortController;
}

/**
 * Asks an allocator in each iteration and has the collector apply what it answers (spec allocation §5.3), beside the
 * loop: measuring never waits for it. An iteration that comes while one is worked on is not shown to the allocator.
 */
export class AllocationStep implements IterationExtension {
  readonly wantsAllocations = true;
  readonly #options: AllocationStepOptions;
  readonly #statistics = new AnomalyStatistics();
  readonly #rows = new AllocationRows();
  readonly #denormaliser = new Denormaliser();
  readonly #answers = new AnswerMemo();
  /** Of the iteration before: what was shown, and by target id what was wished. */
  #shown: IterationView['rows'] = new Map();
  #wishes: ReadonlyMap<string, TaskWish> = new Map();
  #running: Running | undefined;
  #busy: Promise<void> | undefined;
  #failure: WcaError | undefined;
  #isChecked = false;
  #count = 0;
  #errors = 0;
  #seconds = 0;

  constructor(options: AllocationStepOptions) {
    this.#options = options;
  }

  get failure(): WcaError | undefined {
    return this.#failure;
  }

  get storages(): readonly StorageFacts[] {
    return this.#running?.storages.status ?? [];
  }

  async start(environment: RunnerEnvironment): Promise<void> {
    const { leaseSeconds, reassert, timeoutSeconds, allocationsStorage, anomaliesStorage } = this.#options;
    const { clock, episodes, random } = environment;
    const dryRun = this.#options.dryRun || environment.dryRun === true;
    const log = environment.logger('wca.runners.allocation');
    const named = new Map([
      ['allocations_storage', allocationsStorage],
      ['anomalies_storage', anomaliesStorage],
    ]);
    const id = `controller-${process.pid}-${Math.floor(random() * 2 ** 40).toString(36)}`;
    const storages = new ExtensionStorages(named, this.#options.metricsStorage, environment);
    this.#running = {
      environment,
      storages,
      guard: new PluginGuard({ name: 'allocator', timeoutMs: timeoutSeconds * 1000, clock }),
      sender: new AllocationSender({
        client: environment.collector.allocation,
        clock,
        episodes,
        dryRun,
        reassert,
        lease: leaseSeconds === undefined ? undefined : { id, ttlMs: leaseSeconds * 1000 },
        onDryRun: ({ targetId, values }) =>
          log.info({ target: targetId, writes: values.flatMap(({ writes }) => writes) }, 'dry run: would write'),
      }),
      stopping: new AbortController(),
    };
    await storages.start();
  }

  onIteration(iteration: MeasuredIteration): void {
    if (this.#running === undefined || this.#busy !== undefined) return;
    const running = this.#running;
    if (!this.#isChecked) this.#checkRequired(iteration.facts);
    if (this.#failure !== undefined) return;
    this.#busy = this.#decide(iteration, running)
      .catch((thrown: unknown) => {
        this.#errors += 1;
        const error = toWcaError(thrown, 'allocation');
        const doing = 'all tasks keep what they have';
        running.environment.episodes.failed('allocation', error, { source: 'allocation', doing });
        this.#store(iteration, running, { checked: undefined, metrics: [] });
      })
      .finally(() => {
        this.#busy = undefined;
      });
  }

  metrics(): MetricParts {
    return this.#running?.storages.forMeasurements ?? [];
  }

  async stop(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    running.stopping.abort();
    await this.#busy;
    const { environment, sender, storages } = running;
    const bound = environment.clock.sleep(restoreMs).catch(() => undefined);
    if (this.#options.restoreOnExit) {
      await Promise.race([sender.restore(), bound]).catch((thrown: unknown) => {
        const error = toWcaError(thrown, 'restore');
        environment.logger('wca.runners.allocation').error({ code: error.code }, `not restored: ${error.toText()}`);
      });
    }
    await Promise.race([Promise.resolve(this.#options.allocator.close?.()).catch(() => undefined), bound]);
    await storages.stop();
  }

  #checkRequired({ capabilities, hostname }: PlatformFacts): void {
    this.#isChecked = true;
    const missing = this.#options.required.filter((name) => !capabilities.has(name));
    if (missing.length === 0) return;
    const message = `this host lacks ${missing.join(', ')}, which the configuration requires`;
    this.#failure = new WcaError('FEATURE_ABSENT', { subject: hostname, message, remedy: 'see wca-ctl doctor' });
  }

  async #decide(iteration: MeasuredIteration, running: Running): Promise<void> {
    const { environment, guard, sender, stopping } = running;
    const { clock, episodes } = environment;
    const units = this.#unitsOf(iteration.facts);
    const view = viewIteration(iteration, (current) => this.#denormaliser.of(current, units), this.#shown);
    this.#shown = view.rows;
    const startMs = clock.monotonicMs();
    const answer: unknown = await guard.call(
      (signal) => this.#options.allocator.allocate(view.platform, view.tasks, signal),
      stopping.signal,
    );
    this.#seconds = (clock.monotonicMs() - startMs) / 1000;
    const checked = checkAllocationResult(answer, view.tasks, { units, memo: this.#answers });
    const qos = checkQosRule(view.tasks, checked.wishes);
    if (qos !== undefined) throw qos;
    episodes.ended('allocation');
    this.#tellProblems(checked, running);
    const wishes = this.#wishesOf(iteration.tasks, checked, view.rows);
    const { applied, refused } = await sender.send(wishes, view.tasks);
    this.#count += checked.wishes.size;
    if (refused > 0 || checked.problems.length > 0) this.#errors += 1;
    const metrics = this.#rows.metricsOf(view.rows, applied, units);
    this.#store(iteration, running, { checked, metrics });
  }

  #unitsOf({ cpus }: PlatformFacts): AllocationUnits {
    const { cpuQuotaPeriodUs, cpuSharesUnit, conversion } = this.#options.configuration;
    return { cpus, periodUs: cpuQuotaPeriodUs, sharesUnit: cpuSharesUnit, conversion };
  }

  #tellProblems({ problems, notes }: CheckedResult, { environment }: Running): void {
    const { episodes } = environment;
    const [first] = problems;
    if (first === undefined) episodes.ended('allocator');
    else episodes.failed('allocator', first, { source: 'allocation', doing: 'those tasks keep what they have' });
    const [note] = notes;
    if (note === undefined) return void episodes.ended('allocator notes');
    const error = new WcaError('INVALID_ARGUMENT', { subject: 'allocator', message: note });
    episodes.failed('allocator notes', error, { source: 'allocation', doing: 'going on' });
  }

  /** What is as in the iteration before is the same object. */
  #wishesOf(
    tasks: MeasuredIteration['tasks'],
    { wishes }: CheckedResult,
    shown: IterationView['rows'],
  ): readonly TaskWish[] {
    const { configuration } = this.#options;
    const found: TaskWish[] = [];
    for (const [targetId, task] of tasks) {
      const now = shown.get(targetId)?.current;
      const wanted = withRootLines(wishes.get(task.id), now, configuration.defaultRdtLines);
      if (wanted === undefined) continue;
      const before = this.#wishes.get(targetId);
      if (before?.task === task && before.wanted === wanted && before.current === now) found.push(before);
      else found.push({ task, targetId, current: now, wanted, values: this.#changesOf(task, wanted, now) });
    }
    if (found.length !== this.#wishes.size || found.some((wish) => this.#wishes.get(wish.targetId) !== wish)) {
      this.#wishes = new Map(found.map((wish) => [wish.targetId, wish]));
    }
    return found;
  }

  #changesOf(
    { cgroupPath }: Task,
    wanted: readonly AllocationValue[],
    now: CurrentAllocations | undefined,
  ): readonly AllocationValue[] {
    const { tolerance, configuration } = this.#options;
    const isClose = (wish: AllocationValue, current: AllocationValue): boolean =>
      tolerance !== undefined && isNear(wish, current, tolerance, configuration);
    return planChanges(wanted, now?.values ?? [], { isClose, cgroupPath });
  }

  #store(
    { delivery, commonLabels, tasks }: MeasuredIteration,
    { storages, sender, environment }: Running,
    { checked, metrics }: { readonly checked: CheckedResult | undefined; readonly metrics: readonly Metric[] },
  ): void {
    const unixSeconds = Number(environment.clock.realtimeNs() / 1000n) / 1e6;
    const anomalies = checked?.anomalies ?? [];
    const byId = anomalies.length === 0 ? noTasks : new Map([...tasks.values()].map((task) => [task.id, task]));
    const extra = checked?.metrics ?? [];
    const statistics: readonly Metric[] = [
      { name: 'allocations_count', value: this.#count, type: 'counter', labels: {} },
      { name: 'allocations_errors', value: this.#errors, type: 'counter', labels: {} },
      { name: 'allocation_duration', value: this.#seconds, type: 'gauge', labels: {} },
      ...[...sender.outcomes].map(
        ([outcome, value]): Metric => ({ name: 'wca_allocation_results', value, type: 'counter', labels: { outcome } }),
      ),
    ];
    const stored = new Map([
      [
        'anomalies_storage',
        [anomalyMetrics(anomalies, byId), extra, this.#statistics.record(anomalies.length, unixSeconds)],
      ],
      ['allocations_storage', [metrics, extra, statistics]],
    ]);
    storages.store(stored, Number(delivery.snapshot.realtimeNs / 1_000_000n), commonLabels);
  }
}

/** The original's comparison, in normalised units. */
function isNear(
  wish: AllocationValue,
  now: AllocationValue,
  tolerance: number,
  { cpuSharesUnit }: AllocationConfiguration,
): boolean {
  if (wish.type === 'cpu_shares' && now.type === 'cpu_shares') {
    return isWithinTolerance(wish.shares / cpuSharesUnit, now.shares / cpuSharesUnit, tolerance);
  }
  if (wish.type !== 'cpu_quota' || now.type !== 'cpu_quota') return false;
  if (wish.quotaUs === undefined || now.quotaUs === undefined) return wish.quotaUs === now.quotaUs;
  return isWithinTolerance(wish.quotaUs / wish.periodUs, now.quotaUs / now.periodUs, tolerance);
}
