const binaryUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const;
const decimalUnits = ['', 'k', 'M', 'G', 'T', 'P'] as const;

/** Three significant digits without an exponent: 0.12, 1.23, 12.3, 123, 1234. */
function threeDigits(value: number): string {
  const size = Math.abs(value);
  if (size >= 99.95) return value.toFixed(0);
  return value.toFixed(size >= 9.995 ? 1 : 2);
}

/** `1536` → `1.50 KiB`, `512` → `512 B`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 999.5 && unit < binaryUnits.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value.toFixed(0) : threeDigits(value)} ${binaryUnits[unit]}`;
}

/** A count or rate: `12345` → `12.3k`, `950` → `950`, `2.5` → `2.50`. */
export function formatCount(count: number): string {
  let value = count;
  let unit = 0;
  while (Math.abs(value) >= 999.5 && unit < decimalUnits.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 && Number.isInteger(value) ? String(value) : threeDigits(value);
  return `${digits}${decimalUnits[unit]}`;
}

/** `1.234` CPUs → `1.23`. */
export function formatCores(cores: number): string {
  return cores.toFixed(2);
}

/** A share 0…1 as percent without the sign: `0.1234` → `12.3`, `1` → `100`. */
export function formatPercent(ratio: number): string {
  const percent = ratio * 100;
  return percent >= 99.95 ? percent.toFixed(0) : percent.toFixed(1);
}

/** A whole percent without the sign, for narrow columns: `0.1234` → `12`. A share too small to show is not 0: `<1`. */
export function formatWholePercent(ratio: number): string {
  return ratio > 0 && ratio < 0.005 ? '<1' : (ratio * 100).toFixed(0);
}

/** `0.0123` → `12.3 ms`, `75` → `1 min 15 s`, `100000` → `1 d 3 h`. */
export function formatSeconds(seconds: number): string {
  if (seconds === 0) return '0 s';
  if (seconds < 0.0009995) return `${threeDigits(seconds * 1e6)} µs`;
  if (seconds < 0.9995) return `${threeDigits(seconds * 1e3)} ms`;
  if (seconds < 59.95) return `${trimZeros(threeDigits(seconds))} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return pairOf(Math.floor(whole / 60), 'min', whole % 60, 's');
  const minutes = Math.floor(whole / 60);
  if (minutes < 1440) return pairOf(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.floor(minutes / 60);
  return pairOf(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

/** `1 target`, `2 targets`. */
export function formatQuantity(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function pairOf(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

function trimZeros(digits: string): string {
  return digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits;
}
