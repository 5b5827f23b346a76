import { type Reading, WcaError } from '../../../shared/errors/wca-error.ts';
import { parseDmidecode } from './dmidecode.ts';
import { parseMemoryModeBytes, parseNvdimms, parseRegionModules } from './ipmctl.ts';
import { parseLshw } from './lshw.ts';
import { type MemoryModule, sumKind } from './module.ts';
import { type SocketBandwidth, sumBandwidth } from './nvdimm-bandwidth.ts';
import type { Command, Tools } from './tools.ts';

/** What ipmctl tells of persistent memory; each undefined where it does not. */
interface NvdimmFacts {
  readonly memoryModeBytes: number | undefined;
  /** Of the largest module, and of the one with the highest budget. */
  readonly capacityBytes: number | undefined;
  readonly powerWatts: number | undefined;
  readonly bandwidth: readonly SocketBandwidth[];
}

/** What was found out, and in `problems` why the rest was not. */
export interface ModuleFacts {
  readonly modules: readonly MemoryModule[] | undefined;
  readonly nvdimms: NvdimmFacts | undefined;
  readonly problems: readonly WcaError[];
}

const listings: readonly {
  readonly command: Command;
  readonly parse: (text: string) => readonly MemoryModule[] | undefined;
}[] = [
  { command: ['dmidecode', '--quiet', '-t', 'memory'], parse: parseDmidecode },
  { command: ['lshw', '-class', 'memory', '-json', '-quiet', '-sanitize', '-notime'], parse: parseLshw },
];

const resources: Command = ['ipmctl', 'show', '-u', 'B', '-memoryresources'];
const regions: Command = ['ipmctl', 'show', '-a', '-u', 'B', '-region'];
const dimms: Command = ['ipmctl', 'show', '-u', 'B', '-d', 'AvgPowerBudget,Capacity,SocketID', '-dimm'];

/** Whether the tools may know more than the firmware's tables: modules when those have none, persistent memory if any. */
export function needsTools(modules: readonly MemoryModule[] | undefined): boolean {
  return modules === undefined || sumKind(modules, 'nvm').count > 0;
}

/** Asks the tools, one after the other, for what the tables do not tell. Never rejects. */
export async function gatherModules(
  table: readonly MemoryModule[] | undefined,
  tools: Tools,
  signal: AbortSignal,
): Promise<ModuleFacts> {
  const problems: WcaError[] = [];
  const modules = table ?? (await listModules(tools, signal, problems));
  const nvdimms = needsTools(modules) ? await askIpmctl(tools, signal, problems) : undefined;
  // Nobody misses ipmctl where no persistent memory is known.
  const isQuiet = modules === undefined && tools.find('ipmctl') === undefined;
  return { modules, nvdimms, problems: isQuiet ? problems.filter(({ subject }) => subject !== 'ipmctl') : problems };
}

async function listModules(
  tools: Tools,
  signal: AbortSignal,
  problems: WcaError[],
): Promise<readonly MemoryModule[] | undefined> {
  for (const { command, parse } of listings) {
    const text = await tools.run(command, signal);
    if (!text.ok) problems.push(text.error);
    const modules = text.ok ? parse(text.value) : undefined;
    // What another tool could not does not matter any more.
    if (modules !== undefined) problems.length = 0;
    if (modules !== undefined) return modules;
    if (text.ok) problems.push(notUnderstood(command, text.value));
  }
  return undefined;
}

async function askIpmctl(tools: Tools, signal: AbortSignal, problems: WcaError[]): Promise<NvdimmFacts | undefined> {
  const ask = async (command: Command): Promise<string | undefined> => {
    const text: Reading<string> = await tools.run(command, signal);
    if (!text.ok) problems.push(text.error);
    return text.ok ? text.value : undefined;
  };
  const memory = await ask(resources);
  if (memory === undefined && tools.find('ipmctl') === undefined) return undefined;
  const region = await ask(regions);
  const modules = parseNvdimms((await ask(dimms)) ?? '');
  const highest = (values: readonly (number | undefined)[]): number | undefined => {
    const known = values.flatMap((value) => value ?? []);
    return known.length === 0 ? undefined : Math.max(...known);
  };
  return {
    memoryModeBytes: memory === undefined ? undefined : parseMemoryModeBytes(memory),
    capacityBytes: highest(modules.map(({ capacityBytes }) => capacityBytes)),
    powerWatts: highest(modules.map(({ powerWatts }) => powerWatts)),
    bandwidth: region === undefined ? [] : sumBandwidth(modules, parseRegionModules(region)),
  };
}

function notUnderstood(command: Command, text: string): WcaError {
  const shown = JSON.stringify(text.slice(0, 120));
  const message = `tells of no memory in a form WCA knows; it begins ${shown}`;
  return new WcaError('KERNEL_FORMAT', { subject: command.join(' '), message });
}
