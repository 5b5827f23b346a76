/** Suffixes of quantities; Kubernetes, apimachinery/pkg/api/resource/suffix.go. */
const multipliers: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  // Not Kubernetes', but the original took it.
  K: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** `500m` is 0.5, `1.5Gi` 1610612736, `1e3` 1000, a number itself; undefined for what is none. */
export function parseQuantity(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string' || value.length > 64) return undefined;
  const [, digits = '', exponent = '', suffix = ''] =
    /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d{1,2})|([numkKMGTPE]|[KMGTPE]i)?)$/.exec(value.trim()) ?? [];
  const multiplier = multipliers[suffix];
  if (digits === '' || multiplier === undefined) return undefined;
  const number = Number(`${digits}${exponent}`) * multiplier;
  return Number.isFinite(number) ? number : undefined;
}
