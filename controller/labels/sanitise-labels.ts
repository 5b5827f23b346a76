/**
 * Label names as Prometheus takes them: `[A-Za-z_][A-Za-z0-9_]*`, without the `__` in front that it keeps for itself
 * (W-18). Invalid characters become `_`, a digit in front gets one before it; an empty name is `_`. Idempotent.
 */
export function sanitiseLabelName(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !name.startsWith('__')) return name;
  const valid = name.replace(/[^A-Za-z0-9_]/gu, '_').replace(/^(?=[0-9])/, '_');
  return valid.replace(/^_{2,}/, '_') || '_';
}

/** The labels of a task with valid names. When two names become the same, the last one wins. */
export function sanitiseLabels(labels: Readonly<Record<string, string>>): Map<string, string> {
  const sanitised = new Map<string, string>();
  for (const [name, value] of Object.entries(labels)) sanitised.set(sanitiseLabelName(name), value);
  return sanitised;
}
