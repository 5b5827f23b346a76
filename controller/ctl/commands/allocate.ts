import { randomUUID } from 'node:crypto';
import type { TargetResult } from '../../../shared/allocation/results.ts';
import { shareConversions } from '../../../shared/allocation/values.ts';
import { WcaError } from '../../../shared/errors/wca-error.ts';
import { normaliseWishes, parseAllocationWords, parseDuration } from '../allocation-words.ts';
import { type Asking, confirm, mayAsk } from '../confirm.ts';
import { type CommandContext, runCommand } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatQuantity, formatSeconds } from '../format.ts';
import type { AllocateWish } from '../peers.ts';
import { pickTargets } from '../pick-targets.ts';
import { askingOf, exitCodeOfResults, writeResults } from '../results.ts';
import type { Cli } from './cli.ts';

interface AllocateArgs {
  readonly words: readonly string[];
  readonly dryRun: boolean;
  readonly lease: string | undefined;
  readonly reassert: boolean;
  readonly period: number;
  readonly sharesUnit: number;
  readonly conversion: (typeof shareConversions)[number];
  readonly bulk: boolean;
  readonly yes: boolean;
}

/** `wca-ctl allocate TASK cpu_quota=0.5`: changes what the kernel gives to tasks, after showing what would be written. */
export function addAllocate(cli: Cli): void {
  cli.command(
    'allocate <words..>',
    'Give tasks other values of CPU, memory, cache or IO',
    (command) =>
      command
        .usage(`$0 allocate TASK... TYPE=VALUE...\n\n${types}`)
        .positional('words', {
          type: 'string',
          array: true,
          demandOption: true,
          describe: 'tasks (or cgroups beginning with /), and values as TYPE=VALUE',
        })
        .options({
          'dry-run': { type: 'boolean', default: false, describe: 'only show what would be written' },
          lease: {
            type: 'string',
            requiresArg: true,
            describe: 'put the originals back after this time (60s, 5m, 1h)',
          },
          reassert: { type: 'boolean', default: false, describe: 'also overwrite what somebody else changed since' },
          period: { type: 'number', requiresArg: true, default: 100_000, describe: 'period of a CPU quota in µs' },
          'shares-unit': { type: 'number', requiresArg: true, default: 1000, describe: 'shares of cpu_shares=1' },
          conversion: {
            choices: shareConversions,
            requiresArg: true,
            default: 'kernel' as const,
            describe: 'how shares become cpu.weight on cgroup v2',
          },
          bulk: { type: 'boolean', default: false, describe: 'migrate_pages in one go, which may stall the task' },
          yes: { alias: 'y', type: 'boolean', default: false, describe: 'do not ask' },
        })
        .example('$0 allocate /batch/job-7 cpu_quota=0.25 --dry-run', 'what a quarter of all CPUs would write')
        .example('$0 allocate job-7 cpu_quota=0.25 --lease 10m', 'for ten minutes, then as before')
        .example('$0 allocate job-7 cpuset_cpus=0-3 cpu_idle=1', 'until wca-ctl restore job-7')
        .example('$0 allocate job-7 rdt.l3="L3:0=f;1=f"', 'four ways of each cache, in a group of its own'),
    (args) =>
      runCommand(args, (context) => {
        const { dryRun, lease, reassert, period, sharesUnit, conversion, bulk, yes } = args;
        const words = args.words.map(String);
        return allocate(context, { words, dryRun, lease, reassert, period, sharesUnit, conversion, bulk, yes });
      }),
  );
}

const types = `TYPE=VALUE is one of
  cpu_quota=0.5              share of all CPUs it may use; 1: no limit
  cpu_shares=1.5             weight against its neighbours, in --shares-unit
  cpuset_cpus=0-3,6          CPUs it may run on
  cpuset_mems=0              NUMA nodes whose memory it may use
  cpuset_memory_migrate=1    pages follow cpuset_mems (cgroup v1)
  migrate_pages=1            moves its pages to a NUMA node, in small steps
  rdt.l3=L3:0=f;1=f          cache ways; also rdt.l2, rdt.l3code, rdt.l3data
  rdt.mb=MB:0=50             memory bandwidth
  rdt.name=GROUP             control group to share; else one of its own
  cpu_idle=1                 runs only when no other task wants the CPU
  cpu_burst=0.1              quota that may be saved up
  memory_high=2Gi            throttled and reclaimed from above it; max: none
  memory_low=1Gi             not reclaimed below it while others have some
  io_weight=50               1 to 10000, usually 100`;

async function allocate(context: CommandContext, args: AllocateArgs): Promise<number> {
  const asking = askingOf(context, args.yes);
  const { names, wishes } = parseAllocationWords(args.words);
  const missing = names.length === 0 ? 'a task' : wishes.size === 0 ? 'a value such as cpu_quota=0.5' : undefined;
  if (missing !== undefined) {
    throw new WcaError('INVALID_ARGUMENT', {
      subject: 'allocate',
      message: `${missing} is missing`,
      remedy: 'see wca-ctl allocate --help',
    });
  }
  const ttlMs = args.lease === undefined ? undefined : parseDuration(args.lease, '--lease');
  const asks = !args.dryRun && mayAsk(asking);
  const collector = context.collector();
  const [targets, { cpus }] = await Promise.all([
    pickTargets(names, () => context.listTasks()),
    collector.getPlatform(),
  ]);
  const { period: periodUs, sharesUnit, conversion, bulk: bulkMigration, dryRun, reassert } = args;
  const units = { cpus: cpus.length, periodUs, sharesUnit, conversion, bulkMigration };
  const { values, notes } = normaliseWishes(wishes, units);
  for (const note of notes) context.note(note);
  const lease = ttlMs === undefined ? undefined : { id: `wca-ctl-${randomUUID()}`, ttlMs };
  const wish = { targets, values, reassert, lease, dryRun };
  if (asks && !(await isWanted(context, asking, wish))) return exitCodes.failed;
  const results = await collector.allocate(wish);
  writeResults(context, results);
  if (!dryRun && results.some(isApplied)) {
    context.note(
      ttlMs === undefined
        ? `stays until: wca-ctl restore ${names.join(' ')}`
        : `the originals come back by themselves in ${formatSeconds(ttlMs / 1000)}, or now with: wca-ctl restore ${names.join(' ')}`,
    );
  }
  return exitCodeOfResults(results);
}

/** Shows what would be written and asks; nothing is asked when nothing can be done. */
async function isWanted(context: CommandContext, asking: Asking, wish: AllocateWish): Promise<boolean> {
  const results = await context.collector().allocate({ ...wish, dryRun: true });
  if (!results.some(({ values }) => values.some(({ outcome }) => outcome === 'would_apply'))) return true;
  writeResults(context, results);
  const { lease, targets } = wish;
  const time = lease === undefined ? 'until it is restored' : `for ${formatSeconds(lease.ttlMs / 1000)}`;
  return confirm(`Write this to ${formatQuantity(targets.length, 'cgroup')}, ${time}?`, asking);
}

function isApplied({ values }: TargetResult): boolean {
  return values.some(({ outcome }) => outcome === 'applied');
}
