import { type Reading, WcaError } from '../../../shared/errors/wca-error.ts';

/** What has to be known of a unit to say a value. */
export interface UnitFacts {
  /** Of systemd: 252. */
  readonly version: number;
  /** CPUQuotaPeriodSec= in force. */
  readonly periodUs: number;
}

/** Properties by control file; systemd.resource-control(5). The same file has the same properties in both versions. */
const propertiesOf: Readonly<Record<string, readonly string[]>> = {
  'cpu.max': ['CPUQuota', 'CPUQuotaPeriodSec'],
  'cpu.cfs_quota_us': ['CPUQuota'],
  'cpu.cfs_period_us': ['CPUQuotaPeriodSec'],
  'cpu.weight': ['CPUWeight'],
  'cpu.idle': ['CPUWeight'],
  // A CPUWeight= of the unit would win over CPUShares=.
  'cpu.shares': ['CPUShares', 'CPUWeight'],
  'cpuset.cpus': ['AllowedCPUs'],
  'cpuset.mems': ['AllowedMemoryNodes'],
  'memory.high': ['MemoryHigh'],
  'memory.low': ['MemoryLow'],
  'io.weight': ['IOWeight'],
};

/** Names of the properties that stand for a control file; undefined: systemd never writes it. */
export function unitProperties(file: string): readonly string[] | undefined {
  return Object.hasOwn(propertiesOf, file) ? propertiesOf[file] : undefined;
}

/** `CPUWeight=idle` came with it. */
const firstWithIdle = 252;

/**
 * The assignments of `systemctl set-property` that make systemd write `text` to a control file:
 * `cpu.max`, `40000 100000` → `CPUQuotaPeriodSec=100000us`, `CPUQuota=40%`. FEATURE_ABSENT when systemd cannot say it.
 */
export function planProperties(file: string, text: string, facts: UnitFacts): Reading<readonly string[]> {
  const assignments = assign(file, text.trim(), facts);
  if (assignments !== undefined) return { ok: true, value: assignments };
  const error = new WcaError('FEATURE_ABSENT', {
    subject: file,
    message: `systemd ${facts.version}, which owns the cgroup, has no property for ${JSON.stringify(text.slice(0, 60))} and would undo a direct write`,
    remedy: 'run the task in a cgroup below a unit with Delegate=yes, or outside of systemd’s slices',
  });
  return { ok: false, error };
}

function assign(file: string, text: string, facts: UnitFacts): readonly string[] | undefined {
  switch (file) {
    case 'cpu.max':
      return assignCpuMax(text);
    case 'cpu.cfs_quota_us':
      return text === '-1' ? ['CPUQuota='] : assignQuota(text, facts.periodUs);
    case 'cpu.cfs_period_us':
      return isNumber(text) ? [`CPUQuotaPeriodSec=${text}us`] : undefined;
    case 'cpu.weight':
      return isNumber(text) && text !== '0' ? [`CPUWeight=${text}`] : undefined;
    case 'cpu.idle':
      if (text === '0') return ['CPUWeight=100']; // what the kernel has then, too: it forgets the weight
      return text === '1' && facts.version >= firstWithIdle ? ['CPUWeight=idle'] : undefined;
    case 'cpu.shares':
      return isNumber(text) ? ['CPUWeight=', `CPUShares=${text}`] : undefined;
    case 'cpuset.cpus':
      return /^[\d,-]*$/.test(text) ? [`AllowedCPUs=${text}`] : undefined;
    case 'cpuset.mems':
      return /^[\d,-]*$/.test(text) ? [`AllowedMemoryNodes=${text}`] : undefined;
    case 'memory.high':
      return assignBytes('MemoryHigh', text);
    case 'memory.low':
      return assignBytes('MemoryLow', text);
    case 'io.weight': {
      const weight = text.replace(/^default /, '');
      return isNumber(weight) ? [`IOWeight=${weight}`] : undefined;
    }
    default:
      return undefined;
  }
}

function assignCpuMax(text: string): readonly string[] | undefined {
  const [quota = '', period = ''] = text.split(' ');
  if (!isNumber(period)) return undefined;
  const quotaAssignments = quota === 'max' ? ['CPUQuota='] : assignQuota(quota, Number(period));
  return quotaAssignments === undefined ? undefined : [`CPUQuotaPeriodSec=${period}us`, ...quotaAssignments];
}

/** systemd reads two decimals of a per cent. */
function assignQuota(quota: string, periodUs: number): readonly string[] | undefined {
  if (!isNumber(quota) || periodUs <= 0) return undefined;
  const hundredths = Math.max(1, Math.round((Number(quota) * 10_000) / periodUs));
  return [`CPUQuota=${hundredths / 100}%`];
}

function assignBytes(property: string, text: string): readonly string[] | undefined {
  if (text === 'max') return [`${property}=infinity`];
  return isNumber(text) ? [`${property}=${text}`] : undefined;
}

function isNumber(text: string): boolean {
  return /^\d{1,19}$/.test(text);
}

/**
 * The quota that systemd still has after `daemon-reload`. What it is told applies at once with two decimals of a per
 * cent, but it keeps CPUQuota= in whole per cents of a CPU (seen with systemd 252: 33.33 % became 33 %). At least 1 %.
 */
export function lastingQuotaUs(quotaUs: number, periodUs: number): number {
  const percents = Math.max(1, Math.round((quotaUs * 100) / periodUs));
  return Math.floor((percents * periodUs) / 100);
}
