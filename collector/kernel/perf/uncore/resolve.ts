import { WcaError } from '../../../../shared/errors/wca-error.ts';
import type { DescribedUncoreEvent, UncoreEvent } from '../../../../shared/metrics/uncore-events.ts';
import type { Scratch } from '../../scratch.ts';
import { amdUmc, amdUmcEvents, type Codes, intelEvents, intelPmuOf, kernelEventNames } from './encodings.ts';
import { type EventFormat, placeBits, readEventFormat } from './format.ts';
import { kindsOf, pmusOfKind, readKernelEvent, type UncorePmu } from './pmus.ts';

/** A metric and what counts it on each PMU of a kind. */
export interface UncoreCounter {
  readonly metric: string;
  /** `uncore_imc`. */
  readonly kind: string;
  /** Which list of the request it is in: counters of a list are counted together. */
  readonly list: number;
  /** Events whose counts are added. */
  readonly events: readonly { readonly config: bigint; readonly config1: bigint }[];
}

/** What a request means on this host. */
interface ResolvedUncore {
  readonly counters: readonly UncoreCounter[];
  readonly unavailable: readonly WcaError[];
  readonly notes: readonly WcaError[];
}

interface UncoreHost {
  readonly pmus: readonly UncorePmu[];
  /** `cascade-lake`; empty when unknown. */
  readonly codeName: string;
  /** Whether this is a virtual machine; undefined when unknown. */
  readonly virtual: boolean | undefined;
  readonly scratch: Scratch;
}

/** Finds PMUs and encodings; reads sysfs. Each event that cannot be counted is told. */
export function resolveUncore(lists: readonly (readonly UncoreEvent[])[], host: UncoreHost): ResolvedUncore {
  if (host.pmus.length === 0) return { counters: [], unavailable: [noPmus(host)], notes: [] };
  const counters: UncoreCounter[] = [];
  const unavailable: WcaError[] = [];
  const notes: WcaError[] = [];
  for (const [list, events] of lists.entries()) {
    for (const event of events) {
      const found = event.kind === 'named' ? resolveNamed(event.name, host) : resolveDescribed(event, host);
      if ('note' in found) notes.push(found.note);
      if ('problem' in found) unavailable.push(found.problem);
      if ('events' in found) counters.push({ metric: event.name, list, kind: found.kind, events: found.events });
    }
  }
  // Where nothing at all is counted, what this CPU has not is the reason and no side note.
  if (counters.length === 0) return { counters, unavailable: [...unavailable, ...notes], notes: [] };
  return { counters, unavailable, notes };
}

type Found =
  | (Pick<UncoreCounter, 'kind' | 'events'> & { readonly note?: WcaError })
  | { readonly problem: WcaError }
  | { readonly note: WcaError };

function resolveNamed(name: string, host: UncoreHost): Found {
  const { pmus, codeName } = host;
  const isAmd = pmusOfKind(pmus, amdUmc).length > 0;
  const kind = isAmd && intelPmuOf(name) === 'uncore_imc' ? amdUmc : intelPmuOf(name);
  const [pmu] = pmusOfKind(pmus, kind);
  const codes = (isAmd ? amdUmcEvents : (intelEvents[codeName] ?? {}))[name];
  if (codes !== undefined && codes.length === 0) return { note: notBuiltIn(name) };
  if (pmu === undefined) return { problem: noSuchPmu(name, kind, host) };
  if (codes !== undefined) return encode(name, { kind, codes, format: readEventFormat(pmu, host.scratch) });
  if (intelEvents[codeName] === undefined && !isAmd) return describedByKernel(name, { kind, pmu, host });
  return { problem: noEncoding(name, isAmd ? 'AMD' : codeName) };
}

/** For CPUs newer than WCA. */
function describedByKernel(
  name: string,
  { kind, pmu, host }: { kind: string; pmu: UncorePmu; host: UncoreHost },
): Found {
  for (const names of kernelEventNames[name] ?? []) {
    const read = names.flatMap((event) => readKernelEvent(pmu, event, host.scratch) ?? []);
    if (read.length < names.length) continue;
    const format = readEventFormat(pmu, host.scratch);
    const found = encode(name, {
      kind,
      codes: read.map(({ event, umask }) => [Number(event), Number(umask)] as const),
      format,
    });
    if ('problem' in found) return found;
    return { ...found, note: borrowedEncoding(name, names) };
  }
  return { problem: noEncoding(name, host.codeName) };
}

function encode(
  metric: string,
  { kind, codes, format }: { readonly kind: string; readonly codes: Codes; readonly format: EventFormat },
): Found {
  const events: { config: bigint; config1: bigint }[] = [];
  for (const [event, umask] of codes) {
    const config = placeEvent({ event: BigInt(event), umask: BigInt(umask) }, format);
    if (config === undefined) return { problem: doesNotFit(metric, kind) };
    events.push({ config, config1: 0n });
  }
  return { kind, events };
}

function resolveDescribed({ name, pmu: kind, encoding, config1 }: DescribedUncoreEvent, host: UncoreHost): Found {
  const [pmu] = pmusOfKind(host.pmus, kind);
  if (pmu === undefined) return { problem: noSuchPmu(name, kind, host) };
  const config = 'config' in encoding ? encoding.config : placeEvent(encoding, readEventFormat(pmu, host.scratch));
  if (config === undefined) return { problem: doesNotFit(name, kind) };
  return { kind, events: [{ config, config1 }] };
}

function placeEvent(
  fields: { readonly event: bigint; readonly umask: bigint },
  format: EventFormat,
): bigint | undefined {
  const event = placeBits(fields.event, format.event);
  const umask = placeBits(fields.umask, format.umask);
  return event === undefined || umask === undefined ? undefined : event | umask;
}

/** Why there is nothing to count on. */
export function noPmus({ virtual }: Pick<UncoreHost, 'virtual'>): WcaError {
  const guest = 'this machine shows no uncore PMUs; virtual machines do not';
  const metal =
    'the kernel shows no uncore PMUs: it has no driver for this CPU, or the driver is a module and not loaded';
  const load = 'modprobe intel_uncore (AMD: amd_uncore), and see the kernel log';
  return new WcaError('FEATURE_ABSENT', {
    subject: 'uncore',
    message: virtual === true ? guest : metal,
    remedy: virtual === true ? 'measure on the host, or switch the uncore events off' : load,
  });
}

function absent(metric: string, message: string, remedy: string): WcaError {
  return new WcaError('FEATURE_ABSENT', { subject: `event ${metric}`, message, remedy });
}

function noSuchPmu(metric: string, kind: string, { pmus }: UncoreHost): WcaError {
  const kinds = kindsOf(pmus);
  const shown = kinds.slice(0, 20).join(', ') + (kinds.length > 20 ? ', …' : '');
  return absent(metric, `this machine has no PMU ${kind}`, `there are: ${shown}`);
}

function noEncoding(metric: string, cpu: string): WcaError {
  const model = cpu === '' ? 'this CPU, whose model WCA does not know' : `this CPU (${cpu})`;
  return absent(
    metric,
    `has no encoding on ${model}`,
    'describe it by the list of the CPU: name/pmu/event=hex,umask=hex/',
  );
}

function notBuiltIn(metric: string): WcaError {
  const what = intelPmuOf(metric) === 'uncore_upi' ? 'has no UPI links' : 'knows no persistent memory';
  return absent(metric, `this CPU ${what}`, 'leave it out');
}

function doesNotFit(metric: string, kind: string): WcaError {
  return absent(
    metric,
    `event or umask has more bits than ${kind} takes`,
    `see format/ of the PMU in sysfs, or give config=`,
  );
}

function borrowedEncoding(metric: string, names: readonly string[]): WcaError {
  return absent(
    metric,
    `WCA does not know this CPU: counted as the kernel describes ${names.join(' and ')}`,
    'compare it once with the event list of the CPU',
  );
}
