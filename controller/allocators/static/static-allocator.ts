import type { Logger } from 'pino';
import { defineComponent } from '../../config/component.ts';
import type { Need } from '../../config/need.ts';
import { optional } from '../../config/parameters.ts';
import { list, path } from '../../config/types.ts';
import type { AllocationResult, TaskAllocations } from '../../model/allocation.ts';
import type { Metric } from '../../model/metric.ts';
import type { Platform } from '../../model/platform.ts';
import type { TasksData } from '../../model/task-data.ts';
import type { Allocator } from '../allocator.ts';
import { staticRule } from './rule-type.ts';
import { type MatchFailure, planAllocations, type StaticRule } from './rules.ts';
import { RulesFile, type RulesInForce } from './rules-file.ts';

export interface StaticAllocatorOptions {
  readonly rules: readonly StaticRule[];
  /** After the inline rules. */
  readonly file: RulesFile | undefined;
  readonly logger: Logger;
}

/** Allocations by fixed rules (spec allocation §6.1). */
export class StaticAllocator implements Allocator {
  readonly #options: StaticAllocatorOptions;
  #told: RulesInForce | undefined;
  #toldEmpty = false;
  /** Rules whose labels could not be compared. */
  readonly #toldFailures = new Set<string>();

  constructor(options: StaticAllocatorOptions) {
    this.#options = options;
  }

  /** Of the rules as they are now. */
  needs(): readonly Need[] {
    const { rules, file } = this.#options;
    const capabilities = [...rules, ...(file?.read().rules ?? [])].flatMap(({ allocations }) =>
      Object.keys(allocations).flatMap((type) => capabilitiesOf(type, allocations)),
    );
    return [...new Set(capabilities)].map((capability) => ({
      capability,
      wantedBy: '!StaticAllocator',
      whenAbsent: 'skipped',
    }));
  }

  allocate(_platform: Platform, tasks: TasksData): AllocationResult {
    const { rules: inline, file } = this.#options;
    const inForce = file?.read();
    if (inForce !== undefined) this.#tell(inForce);
    const rules = [...inline, ...(inForce?.rules ?? [])];
    this.#tellEmpty(rules.length === 0);
    const { allocations, failures } = planAllocations(rules, tasks);
    for (const failure of failures) this.#tellFailure(failure);
    return { allocations, metrics: file === undefined ? [] : [failuresMetric(file.failures)] };
  }

  /** Once for each change. */
  #tell(inForce: RulesInForce): void {
    const before = this.#told;
    if (before === inForce) return;
    this.#told = inForce;
    this.#toldFailures.clear();
    const { logger, file } = this.#options;
    const config = file?.path;
    switch (inForce.kind) {
      case 'missing':
        logger.warn({ config }, 'there is no file of rules, only inline rules are in force');
        break;
      case 'bad': {
        const { code, message, remedy } = inForce.error;
        const rules = inForce.rules.length;
        logger.warn(
          { config, code, reason: message, remedy, rules },
          'the rules cannot be used, the last good ones stay',
        );
        break;
      }
      case 'good':
        for (const note of inForce.notes) logger.warn(note);
        logger.info({ config, rules: inForce.rules.length }, 'the rules are in force');
    }
  }

  #tellEmpty(empty: boolean): void {
    if (empty && !this.#toldEmpty) this.#options.logger.warn('there are no rules, nothing is allocated');
    this.#toldEmpty = empty;
  }

  #tellFailure({ rule, task, reason }: MatchFailure): void {
    if (this.#toldFailures.has(rule)) return;
    this.#toldFailures.add(rule);
    this.#options.logger.warn(
      { rule, task, reason },
      'the labels of a task cannot be compared, the rule does not match it',
    );
  }
}

function capabilitiesOf(type: string, { rdt }: TaskAllocations): readonly string[] {
  if (type !== 'rdt') return [`allocation.${type}`];
  return [
    ...(rdt?.l3 === undefined ? [] : ['allocation.rdt_l3']),
    ...(rdt?.mb === undefined ? [] : ['allocation.rdt_mb']),
  ];
}

function failuresMetric(value: number): Metric {
  return {
    name: 'wca_static_allocator_reload_failures',
    value,
    labels: {},
    type: 'counter',
    unit: 'numeric',
    help: 'Versions of the rules file of StaticAllocator that could not be used.',
  };
}

/** `!StaticAllocator`. */
export const staticAllocator = defineComponent({
  tag: 'StaticAllocator',
  kind: 'allocator',
  since: 'seed',
  doc: 'Allocations by rules. Each rule is for the task with its `task_id`, else for tasks with one of its `labels` (label to Python regular expression, which must match at the beginning of the value; with `match: all` for tasks that have all of them), else for all tasks. Later rules win, for each type of allocation.',
  parameters: {
    rules: optional(list(staticRule()), {
      doc: 'Rules: `{name: batch, labels: {job: batch}, allocations: {cpu_shares: 0.1, rdt: {name: be, mb: "MB:0=20"}}}`.',
    }),
    config: optional(path(), {
      doc: 'A YAML file with a list of further rules, `!Env` included, relative to the working folder. It is read again when it changes; a version that is wrong is told and not used.',
    }),
  },
  example: '!StaticAllocator {rules: [{allocations: {cpu_quota: 0.5}}]}',
  create({ rules, config }, context) {
    return new StaticAllocator({
      rules: rules ?? [],
      file: config === undefined ? undefined : new RulesFile({ path: config, env: process.env }),
      logger: context.logger('wca.extra.static_allocator'),
    });
  },
});
