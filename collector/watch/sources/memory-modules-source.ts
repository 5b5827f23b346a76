import { WcaError } from '../../../shared/errors/wca-error.ts';
import type { Column, ValueKind } from '../../../shared/rpc/watch-messages.ts';
import { gatherModules, type ModuleFacts, needsTools } from '../../kernel/memory-modules/gather.ts';
import { sumKind, sumSpeed, sumVolatile } from '../../kernel/memory-modules/module.ts';
import { findModulesProblem, readFirmwareModules } from '../../kernel/memory-modules/probe.ts';
import type { Tools } from '../../kernel/memory-modules/tools.ts';
import type { KernelRoots } from '../../kernel/roots.ts';
import type { Row } from '../../kernel/row.ts';
import type { OptionalSource, PlatformPart } from '../ports.ts';

interface Fact {
  readonly column: Column;
  readonly value: number;
}

const subject = 'memory modules';

/**
 * Number, size and speed of the memory modules, read once: the firmware's tables when it is opened, what only tools know
 * when they have answered.
 */
export class MemoryModulesSource implements OptionalSource {
  readonly name = 'memory_modules';
  readonly platform: PlatformPart;
  readonly targets = undefined;
  readonly #stop = new AbortController();
  #facts: readonly Fact[] = [];
  #columns: readonly Column[] = [];
  #unavailable: readonly WcaError[] = [];
  #notes: readonly WcaError[] = [];
  /** What the tools told, until the next tick. */
  #arrived: readonly Fact[] | undefined;

  /** @param tools of the whole process: remembers what they answered. */
  constructor(roots: KernelRoots, tools: Tools) {
    const source = this;
    this.platform = {
      get columns() {
        return source.#columns;
      },
      refresh: () => this.#refresh(),
      readInto: (row, at) => this.#readInto(row, at),
    };
    const table = readFirmwareModules(roots);
    const modules = table.ok ? table.value : undefined;
    const problem = findModulesProblem(table, tools);
    if (problem !== undefined) this.#unavailable = [problem];
    this.#show(listFacts({ modules, nvdimms: undefined, problems: [] }));
    const canAsk = problem === undefined || tools.find('ipmctl') !== undefined;
    if (needsTools(modules) && canAsk) this.#ask(modules, tools);
  }

  get unavailable(): readonly WcaError[] {
    return this.#unavailable;
  }

  get notes(): readonly WcaError[] {
    return this.#notes;
  }

  close(): void {
    this.#stop.abort();
  }

  #ask(table: ModuleFacts['modules'], tools: Tools): void {
    const { signal } = this.#stop;
    gatherModules(table, tools, signal)
      .then((facts) => {
        if (signal.aborted) return;
        this.#arrived = listFacts(facts);
        this.#tell(facts);
      })
      .catch((thrown: unknown) => {
        this.#unavailable = [new WcaError('INTERNAL', { subject, message: 'reading failed', cause: thrown })];
      });
  }

  #show(facts: readonly Fact[]): void {
    this.#facts = facts;
    this.#columns = facts.map(({ column }) => column);
  }

  /** All that is missing in one entry: without modules there is nothing, without ipmctl less. */
  #tell({ modules, problems }: ModuleFacts): void {
    const [first] = problems;
    if (first === undefined) return;
    const text = problems.map((problem) => `${problem.subject}: ${problem.message}`).join('; ');
    if (modules === undefined) {
      if (this.#unavailable.length > 0) return;
      const remedy = 'give the collector the tables of the firmware, /sys/firmware/dmi/tables, read-only';
      this.#unavailable = [new WcaError(first.code, { subject, message: text, remedy })];
    } else {
      const message = `not all is known of the persistent memory: ${text}`;
      const remedy = first.code === 'FEATURE_ABSENT' ? { remedy: 'install ipmctl' } : {};
      this.#notes = [new WcaError(first.code, { subject, message, ...remedy })];
    }
  }

  #refresh(): boolean {
    if (this.#arrived === undefined) return false;
    this.#show(this.#arrived);
    this.#arrived = undefined;
    return true;
  }

  #readInto(row: Row, at: number): void {
    for (let i = 0; i < this.#facts.length; i++) {
      const fact = this.#facts[i];
      if (fact === undefined) continue;
      if (fact.column.kind === 'f64') row.setDouble(at + i, fact.value);
      else row.setInteger(at + i, fact.value);
    }
  }
}

/** What is not known has no column. */
function listFacts({ modules, nvdimms }: ModuleFacts): readonly Fact[] {
  const facts: (Fact | undefined)[] = [];
  const add = (metric: string, value: number | undefined, options: Partial<Pick<Column, 'labels' | 'kind'>> = {}) => {
    const { labels = {}, kind = 'u64' satisfies ValueKind } = options;
    facts.push(value === undefined ? undefined : { column: { metric, labels, kind, divisor: 1 }, value });
  };
  if (modules !== undefined) {
    const kinds = (['ram', 'nvm'] as const).map((kind) => ({ kind, ...sumKind(modules, kind) }));
    for (const { kind, count } of kinds) add('platform_dimm_count', count, { labels: { dimm_type: kind } });
    for (const { kind, sizeBytes } of kinds) {
      add('platform_dimm_total_size_bytes', sizeBytes, { labels: { dimm_type: kind } });
    }
    add('platform_dimm_speed_bytes_per_second', sumSpeed(modules));
  }
  add(
    'platform_mem_mode_size_bytes',
    nvdimms?.memoryModeBytes ?? (modules === undefined ? undefined : sumVolatile(modules)),
  );
  add('platform_capacity_per_nvdimm_bytes', nvdimms?.capacityBytes);
  add('platform_avg_power_per_nvdimm_watts', nvdimms?.powerWatts, { kind: 'f64' });
  const sockets = (nvdimms?.bandwidth ?? []).map((socket) => ({ ...socket, labels: { socket: `${socket.socket}` } }));
  for (const { readBytesPerSecond, labels } of sockets) {
    add('platform_nvdimm_read_bandwidth_bytes_per_second', readBytesPerSecond, { labels });
  }
  for (const { writeBytesPerSecond, labels } of sockets) {
    add('platform_nvdimm_write_bandwidth_bytes_per_second', writeBytesPerSecond, { labels });
  }
  return facts.flatMap((fact) => fact ?? []);
}
