import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A cache or a bandwidth of the machine. */
export type FakeResource =
  | { readonly name: string; readonly kind: 'mask'; readonly full: bigint; readonly minBits: number }
  | {
      readonly name: string;
      readonly kind: 'number';
      readonly min: number;
      readonly step: number;
      readonly max: number;
    };

export class Refusal extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** Of a machine with an L3 of 11 ways; writes its folder `info`. */
export function fakeResources(
  machine: { readonly numClosids: number; readonly bandwidth: 'none' | 'percent' | 'MBps' },
  write: (name: string, text: string) => void,
): readonly FakeResource[] {
  const { numClosids, bandwidth } = machine;
  write('L3/cbm_mask', '7ff');
  write('L3/min_cbm_bits', '1');
  write('L3/num_closids', `${numClosids}`);
  const cache = { name: 'L3', kind: 'mask', full: 0x7ffn, minBits: 1 } as const;
  if (bandwidth === 'none') return [cache];
  write('MB/bandwidth_gran', '10');
  write('MB/min_bandwidth', '10');
  write('MB/num_closids', `${numClosids}`);
  return [{ name: 'MB', kind: 'number', min: 10, step: 10, max: bandwidth === 'percent' ? 100 : 0xffffffff }, cache];
}

/** The schemata of all control groups, with the kernel's rules of writing them as measured on 6.1. */
export class FakeSchemata {
  readonly #mountPoint: string;
  readonly #resources: readonly FakeResource[];
  readonly #groups = new Map<string, Map<string, Map<number, string>>>();
  #domains: readonly number[];

  constructor(mountPoint: string, resources: readonly FakeResource[], domains: readonly number[]) {
    this.#mountPoint = mountPoint;
    this.#resources = resources;
    this.#domains = domains;
    this.add('');
    this.#setStatus('ok');
  }

  /** A group has everything at first. */
  add(group: string): void {
    const lines = this.#resources.map(
      (one) => [one.name, new Map(this.#domains.map((id) => [id, unlimited(one)]))] as const,
    );
    this.#groups.set(group, new Map(lines));
    this.#show(group);
  }

  remove(group: string): void {
    this.#groups.delete(group);
  }

  /** A domain goes with its CPUs, and comes back with everything. */
  setDomains(domains: readonly number[]): void {
    this.#domains = domains;
    for (const [group, lines] of this.#groups) {
      for (const resource of this.#resources) {
        const values = lines.get(resource.name) ?? new Map<number, string>();
        for (const id of values.keys()) if (!domains.includes(id)) values.delete(id);
        for (const id of domains) if (!values.has(id)) values.set(id, unlimited(resource));
      }
      this.#show(group);
    }
  }

  /** `L3:0=f;1=7ff`, of all resources. */
  lines(group: string): string[] {
    return [...(this.#groups.get(group) ?? [])].map(
      ([name, values]) => `${name}:${[...values].map(([id, value]) => `${id}=${value}`).join(';')}`,
    );
  }

  /** What a write to a group's schemata does; throws Refusal. */
  write(group: string, text: string): void {
    if (!text.endsWith('\n')) throw new Refusal('EINVAL'); // and the status stays what it was
    this.#setStatus('ok');
    const staged = text
      .slice(0, -1)
      .split('\n')
      .map((line) => this.#parse(group, line));
    for (const apply of staged) apply();
    this.#show(group);
  }

  #parse(group: string, line: string): () => void {
    const [, name = '', rest] = /^\s*([^:]*):(.*)$/.exec(line) ?? [];
    if (rest === undefined) throw this.#refuse("Missing ':'");
    const resource = this.#resources.find((one) => one.name === name);
    const values = this.#groups.get(group)?.get(name);
    if (resource === undefined || values === undefined) {
      throw this.#refuse(`Unknown or unsupported resource name '${name}'`);
    }
    const wanted = new Map<number, string>();
    for (const entry of rest.replace(/;$/, '').split(';')) {
      const [, id, value] = /^\s*(\d+)=\s*(\S+)$/.exec(entry) ?? [];
      if (id === undefined || value === undefined) throw this.#refuse("Missing '=' or non-numeric domain");
      if (!values.has(Number(id))) throw new Refusal('EINVAL'); // measured: says nothing
      if (wanted.has(Number(id))) throw this.#refuse(`Duplicate domain ${id}`);
      wanted.set(Number(id), resource.kind === 'mask' ? this.#mask(value, resource) : this.#number(value, resource));
    }
    return () => {
      for (const [id, value] of wanted) values.set(id, value);
    };
  }

  #mask(text: string, { full, minBits }: Extract<FakeResource, { kind: 'mask' }>): string {
    if (!/^(0x)?[0-9a-f]+$/i.test(text)) throw this.#refuse(`Non-hex character in the mask ${text}`);
    const mask = BigInt(`0x${text.replace(/^0x/i, '')}`);
    if (mask === 0n || mask > full) throw this.#refuse('Mask out of range');
    const bits = mask.toString(2);
    if (!/^1+0*$/.test(bits)) throw this.#refuse(`The mask ${text} has non-consecutive 1-bits`);
    const count = bits.replaceAll('0', '').length;
    if (count < minBits) throw this.#refuse(`Need at least ${minBits} bits in the mask`);
    return mask.toString(16).padStart(full.toString(16).length, '0');
  }

  #number(text: string, { name, min, step, max }: Extract<FakeResource, { kind: 'number' }>): string {
    if (!/^\d+$/.test(text)) throw this.#refuse(`Invalid ${name} value ${text}`);
    const value = Number(text);
    const isBounded = max !== 0xffffffff; // mba_MBps: no bounds are checked, and 32 bits overflow
    if (isBounded && (value < min || value > max)) {
      throw this.#refuse(`${name} value ${value} out of range [${min},${max}]`);
    }
    return String((Math.ceil(value / step) * step) % 2 ** 32).padStart(3);
  }

  #refuse(status: string): Refusal {
    this.#setStatus(status);
    return new Refusal('EINVAL');
  }

  #setStatus(text: string): void {
    const file = join(this.#mountPoint, 'info/last_cmd_status');
    rmSync(file, { force: true });
    writeFileSync(file, `${text}\n`);
  }

  #show(group: string): void {
    const folder = join(this.#mountPoint, group);
    if (!existsSync(folder)) return;
    writeFileSync(
      join(folder, 'schemata'),
      this.lines(group)
        .map((line) => `    ${line}\n`)
        .join(''),
    );
  }
}

function unlimited(resource: FakeResource): string {
  return resource.kind === 'mask' ? resource.full.toString(16) : String(resource.max);
}
