import { WcaError } from '../../../shared/errors/wca-error.ts';
import { systemClock } from '../../../shared/lifecycle/clock.ts';
import { parseCollectorAddress } from '../../../shared/rpc/collector-address.ts';
import { limits } from '../../../shared/rpc/limits.ts';
import { apiVersion } from '../../../shared/rpc/version.ts';
import { checkClientFiles } from '../../../shared/tls/client-files.ts';
import { type CgroupHost, cgroupFinder, type FindTasks, tasksOfController } from '../../replay/find-tasks.ts';
import { openCollector } from '../../replay/open-recording.ts';
import { Recorder, type RecorderOptions } from '../../replay/recorder.ts';
import { RecordingWriter } from '../../replay/recording-writer.ts';
import { type ExtraMeasurement, extraMeasurements } from '../../replay/take.ts';
import { parseDuration } from '../allocation-words.ts';
import { type CommandContext, runCommand } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { listTasksOn } from '../host-tasks.ts';
import { onStopSignal } from '../stop-signal.ts';
import { describeBytes } from '../views/recording-view.ts';
import type { Cli } from './cli.ts';

interface RecordArgs {
  readonly file: string;
  readonly append: boolean;
  readonly interval: number;
  readonly duration: string | undefined;
  readonly event: readonly string[];
  readonly also: readonly ExtraMeasurement[];
  readonly tasks: boolean;
  readonly include: readonly string[];
  readonly maxSize: number;
}

const defaultMaxMiB = 1024;

/** `wca-ctl record`: what a collector measures, in a file that wca-controller replays. */
export function addRecord(cli: Cli): void {
  cli.command(
    'record <file>',
    'Record what the collector measures, for wca-controller --replay',
    (command) =>
      command
        .positional('file', { type: 'string', demandOption: true, describe: 'a new file' })
        .option('append', { type: 'boolean', default: false, describe: 'go on with a file that is there' })
        .option('interval', { type: 'number', requiresArg: true, default: 1, describe: 'seconds between measurements' })
        .option('duration', { type: 'string', requiresArg: true, describe: '60s, 10m, 2h [until Ctrl-C]' })
        .option('event', {
          type: 'string',
          array: true,
          nargs: 1,
          requiresArg: true,
          default: [],
          describe: 'perf event, repeatable; default: what the host can count [none]',
        })
        .option('also', {
          choices: extraMeasurements,
          array: true,
          nargs: 1,
          requiresArg: true,
          default: [],
          describe: 'further measurements, repeatable',
        })
        .option('tasks', {
          type: 'boolean',
          default: false,
          describe: 'the tasks of the running controller, with their names and labels',
        })
        .option('include', {
          type: 'string',
          array: true,
          nargs: 1,
          requiresArg: true,
          default: [],
          describe: 'only cgroups like this pattern, repeatable [all with processes]',
        })
        .option('max-size', {
          type: 'number',
          requiresArg: true,
          default: defaultMaxMiB,
          describe: 'end when the file has so many MiB',
        })
        .example('sudo $0 record --duration 10m host.wcarec', 'all cgroups of this host')
        .example('sudo $0 record --tasks --event default incident.wcarec', 'the tasks of the controller, until Ctrl-C')
        .example('wca-controller -c my.yaml --replay host.wcarec', 'what my.yaml would have done'),
    (args) =>
      runCommand(args, (context) => {
        const { file, append, interval, duration, event, tasks, include, maxSize } = args;
        const also = extraMeasurements.filter((name) => args.also.some((wanted) => String(wanted) === name));
        const texts = { event: event.map(String), include: include.map(String) };
        return record(context, { file, append, interval, duration, also, tasks, maxSize, ...texts });
      }),
  );
}

async function record(context: CommandContext, args: RecordArgs): Promise<number> {
  const intervalMs = checkInterval(args.interval);
  const maxBytes = checkMaxSize(args.maxSize);
  if (args.tasks && args.include.length > 0) {
    const message = 'the controller says which tasks there are';
    throw new WcaError('INVALID_ARGUMENT', { subject: '--include', message, remedy: 'leave --tasks or --include out' });
  }
  const durationMs = args.duration === undefined ? undefined : parseDuration(args.duration, '--duration');
  const { 'tls-ca': ca, 'tls-cert': cert, 'tls-key': key } = context.args;
  const { text, tls } = parseCollectorAddress(context.args.collector);
  const rpc = context.contract.createCollectorClient(text, tls ? checkClientFiles({ ca, cert, key }) : undefined);
  try {
    const collector = openCollector(text, rpc, context.contract);
    const onNote = (note: string): void => context.note(note);
    const findTasks = taskFinder(context, args, { address: text, rpc, onNote });
    // Whoever cannot be asked leaves no empty file.
    await collector.getPlatform();
    await findTasks(new AbortController().signal);
    const options = { ...optionsOf(args, intervalMs), collector, findTasks, onNote };
    return await write(context, { args, maxBytes, durationMs, options });
  } finally {
    rpc.close();
  }
}

function optionsOf({ event, also, tasks }: RecordArgs, intervalMs: number) {
  const has = (name: ExtraMeasurement): boolean => also.includes(name);
  return {
    clock: systemClock,
    random: Math.random,
    spec: {
      client: apiVersion,
      intervalMs,
      events: event,
      perCpu: false,
      costlyEvery: 1,
      currentAllocations: true,
      ...(has('rdt') ? { rdt: { required: false, perDomain: true } } : {}),
      sched: has('sched'),
      vmstat: has('vmstat'),
      zoneinfo: has('zoneinfo'),
    },
    take: {
      software: apiVersion.software,
      intervalMs,
      events: event,
      extra: also,
      tasks: tasks ? 'controller' : 'cgroups',
    },
  } as const;
}

interface Writing {
  readonly args: RecordArgs;
  readonly maxBytes: number;
  readonly durationMs: number | undefined;
  readonly options: Omit<RecorderOptions, 'writer'>;
}

async function write(context: CommandContext, { args, maxBytes, durationMs, options }: Writing): Promise<number> {
  const writer = new RecordingWriter({ file: args.file, append: args.append, maxBytes });
  if (writer.removed !== undefined)
    context.note(`the last ${writer.removed.bytes} bytes of ${args.file} were cut: left out`);
  const recorder = new Recorder({ ...options, writer });
  const stop = new AbortController();
  const release = onStopSignal(() => stop.abort());
  const timer = durationMs === undefined ? undefined : setTimeout(() => stop.abort(), durationMs);
  if (process.stderr.isTTY === true) {
    context.note(durationMs === undefined ? 'recording, Ctrl-C ends it' : `recording for ${durationMs / 1000} s`);
  }
  try {
    await recorder.run(stop.signal);
  } finally {
    clearTimeout(timer);
    release();
    writer.close();
  }
  if (writer.isFull) context.note(`${args.file} has reached --max-size ${args.maxSize} MiB`);
  const { snapshots, tasks, lost, takes } = recorder.counts;
  if (context.json) context.writeDocument({ file: args.file, bytes: writer.sizeBytes, snapshots, tasks, lost, takes });
  else {
    const missing = lost === 0 ? '' : `, ${lost} lost`;
    context.writeLines([
      `${args.file}: ${snapshots} snapshots${missing} of up to ${tasks} tasks, ${describeBytes(writer.sizeBytes)}`,
    ]);
  }
  return exitCodes.ok;
}

/** Asks the controller, or takes every cgroup with processes. */
function taskFinder(context: CommandContext, { tasks, include }: RecordArgs, host: CgroupHost): FindTasks {
  if (!tasks) return cgroupFinder({ ...host, include });
  const controller = context.controller();
  return async () => tasksOfController((await listTasksOn(controller, host.address)).tasks);
}

function checkInterval(seconds: number): number {
  const ms = Math.round(seconds * 1000);
  const { minIntervalMs, maxIntervalMs } = limits;
  if (ms >= minIntervalMs && ms <= maxIntervalMs) return ms;
  throw new WcaError('INVALID_ARGUMENT', {
    subject: '--interval',
    message: `must be ${minIntervalMs / 1000} to ${maxIntervalMs / 1000} seconds`,
  });
}

function checkMaxSize(mebibytes: number): number {
  if (Number.isFinite(mebibytes) && mebibytes >= 1) return mebibytes * 1024 * 1024;
  throw new WcaError('INVALID_ARGUMENT', { subject: '--max-size', message: 'must be at least 1 MiB' });
}
