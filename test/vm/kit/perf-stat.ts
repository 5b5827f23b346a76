import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/**
 * Counts of perf(1) by event: its CSV lines `value,unit,event,cgroup,...`; "<not counted>" and the like are left out.
 * One real line: `2003.47,msec,task-clock,wca-test-1/probe,2003471000,100.00,0.667,CPUs utilized`. Pure.
 */
function parsePerfStat(text: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [value = '', , event = ''] = line.split(',');
    if (event !== '' && /^[0-9.]+$/.test(value)) counts.set(event, Number(value));
  }
  return counts;
}

/** Counts what a cgroup does while `work` runs, by `perf stat --for-each-cgroup`. */
export async function perfStat(
  cgroup: string,
  events: readonly string[],
  work: () => Promise<unknown>,
): Promise<ReadonlyMap<string, number>> {
  const args = ['stat', '-a', '-x,', '-e', events.join(','), '--for-each-cgroup', cgroup];
  // The shell tells when perf counts, and ends when we say so.
  const child = spawn('perf', [...args, '--', 'sh', '-c', 'echo counting; read line'], { stdio: 'pipe' });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk;
  });
  const closed = once(child, 'close');
  const begun = once(createInterface(child.stdout), 'line');
  const early = closed.then(() => Promise.reject(new Error(`perf stat ended early: ${said}`)));
  await Promise.race([begun, early]);
  early.catch(() => undefined);
  await work();
  child.stdin.end('\n');
  const [status] = await closed;
  if (status !== 0) throw new Error(`perf stat: status ${status}: ${said}`);
  return parsePerfStat(said);
}
