import { existsSync } from 'node:fs';
import { type Reading, toWcaError, WcaError } from '../../../shared/errors/wca-error.ts';
import { DropIns } from './drop-ins.ts';
import { lastingQuotaUs, planProperties, unitProperties } from './properties.ts';
import { createSystemctl, type Systemctl } from './systemctl.ts';
import { unitOfCgroup } from './unit-name.ts';
import { parseSystemdVersion, parseUnitState, type UnitState, unitStateProperties } from './unit-state.ts';

/** Exists where systemd is PID 1; sd_booted(3). */
const bootedFolder = '/run/systemd/system';

/** Controllers whose files systemd writes on v1; its cpuset and io properties are for v2 only. */
const v1Controllers = ['cpu', 'cpuacct', 'memory'];

export interface SystemdUnitsOptions {
  readonly systemctl: Systemctl;
  readonly version: number;
  readonly dropIns: DropIns;
}

/** Values of units' cgroups, set through systemd so that they last. Implements apply/cgroup's UnitWriter. */
export class SystemdUnits {
  readonly #systemctl: Systemctl;
  readonly #dropIns: DropIns;
  readonly version: number;

  constructor({ systemctl, version, dropIns }: SystemdUnitsOptions) {
    this.#systemctl = systemctl;
    this.#dropIns = dropIns;
    this.version = version;
  }

  /** The unit that has this cgroup, where systemd writes to the hierarchy (`unified`, `cpu,cpuacct`). */
  unitOf(hierarchy: string, path: string): string | undefined {
    const isOwned = hierarchy === 'unified' || hierarchy.split(',').some((name) => v1Controllers.includes(name));
    return isOwned ? unitOfCgroup(path) : undefined;
  }

  /** Whether systemd writes this control file of its units by itself. */
  governs(file: string): boolean {
    return unitProperties(file) !== undefined;
  }

  /** See properties.ts. */
  lastingQuotaUs(quotaUs: number, periodUs: number): number {
    return lastingQuotaUs(quotaUs, periodUs);
  }

  /**
   * `systemctl set-property --runtime`. systemd answers well even when the kernel refuses: read back. FEATURE_ABSENT,
   * KERNEL_REFUSED with systemctl's text, DEADLINE, CGROUP_GONE when systemd does not run the unit.
   */
  async write(unit: string, file: string, text: string): Promise<Reading<void>> {
    const state = await this.#readState(unit);
    if (!state.ok) return state;
    const plan = planProperties(file, text, { version: this.version, periodUs: state.value.periodUs });
    if (!plan.ok) return plan;
    try {
      for (const property of unitProperties(file) ?? []) this.#dropIns.expect(unit, property, file);
    } catch (thrown) {
      return { ok: false, error: toWcaError(thrown, `${unit} ${file}`, 'PERMISSION') };
    }
    const outcome = await this.#systemctl(['set-property', '--runtime', '--', unit, ...plan.value]);
    return outcome.ok ? { ok: true, value: undefined } : outcome;
  }

  /** Removes what set-property left on disk for a file. systemd notices at its next `daemon-reload`. */
  forget(unit: string, file: string): void {
    for (const property of unitProperties(file) ?? []) this.#dropIns.remove(unit, property, file);
  }

  async #readState(unit: string): Promise<Reading<UnitState>> {
    const text = await this.#systemctl(['show', '-p', unitStateProperties.join(','), '--', unit]);
    if (!text.ok) return text;
    const state = parseUnitState(text.value);
    if (!state.ok || state.value.isActive) return state;
    const error = new WcaError('CGROUP_GONE', {
      subject: unit,
      message: 'has the name of a systemd unit, and systemd does not run it',
      remedy: 'give cgroups that are not systemd’s other names than units have',
    });
    return { ok: false, error };
  }
}

/** The units of this host; undefined where systemd is not PID 1. FEATURE_ABSENT, KERNEL_FORMAT when it cannot be asked. */
export async function probeSystemdUnits(stateFolder: string): Promise<Reading<SystemdUnits> | undefined> {
  if (!existsSync(bootedFolder)) return undefined;
  const systemctl = createSystemctl();
  const text = await systemctl(['--version']);
  if (!text.ok) return text;
  const version = parseSystemdVersion(text.value);
  if (version === undefined) {
    const message = `not a version of systemd: ${JSON.stringify(text.value.slice(0, 100))}`;
    return { ok: false, error: new WcaError('KERNEL_FORMAT', { subject: 'systemctl --version', message }) };
  }
  return { ok: true, value: new SystemdUnits({ systemctl, version, dropIns: new DropIns({ stateFolder }) }) };
}
