import { type Reading, WcaError } from '../../../shared/errors/wca-error.ts';

/** What `systemctl show` tells of a unit. */
export interface UnitState {
  /** Whether its cgroup is in use; a unit that systemd does not know is not. */
  readonly isActive: boolean;
  /** CPUQuotaPeriodSec=; the kernel's 100 ms where it is not set. */
  readonly periodUs: number;
}

const kernelPeriodUs = 100_000;

/** Properties that parseUnitState needs. */
export const unitStateProperties = ['ActiveState', 'ControlGroup', 'CPUQuotaPeriodUSec'] as const;

/** Output of `systemctl show -p …`, one `ActiveState=active` a line. KERNEL_FORMAT when it has another form. */
export function parseUnitState(text: string): Reading<UnitState> {
  const values = new Map(text.split('\n').map((line) => [keyOf(line), line.slice(line.indexOf('=') + 1)] as const));
  const period = values.get('CPUQuotaPeriodUSec') ?? 'infinity';
  const periodUs = period === 'infinity' ? kernelPeriodUs : parseTimeSpanUs(period);
  const active = values.get('ActiveState');
  if (active === undefined || periodUs === undefined) {
    const message = `not the output of systemctl show: ${JSON.stringify(text.slice(0, 100))}`;
    return { ok: false, error: new WcaError('KERNEL_FORMAT', { subject: 'systemctl show', message }) };
  }
  const isActive = active !== 'inactive' && active !== 'failed' && (values.get('ControlGroup') ?? '') !== '';
  return { ok: true, value: { isActive, periodUs } };
}

function keyOf(line: string): string {
  return line.slice(0, Math.max(0, line.indexOf('=')));
}

const unitsUs: Readonly<Record<string, number>> = { us: 1, ms: 1000, s: 1_000_000, min: 60_000_000 };

/** systemd.time(7) as systemd prints it: `100ms`, `123.456ms`, `1s 500ms`. */
export function parseTimeSpanUs(text: string): number | undefined {
  let sum = 0;
  if (text.length > 64) return undefined;
  for (const part of text.split(' ')) {
    const [, amount, unit = ''] = /^(\d{1,9}(?:\.\d{1,6})?)(us|ms|s|min)$/.exec(part) ?? [];
    const factor = unitsUs[unit];
    if (amount === undefined || factor === undefined) return undefined;
    sum += Math.round(Number(amount) * factor);
  }
  return sum;
}

/** `systemd 252 (252.39-1~deb12u2)` → 252. */
export function parseSystemdVersion(text: string): number | undefined {
  const [, digits] = /^systemd (\d{1,5})\b/.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits);
}
