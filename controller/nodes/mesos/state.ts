import { isObject, type Json, listOf, objectOf, parseJson } from '../json-shape.ts';

/** A task that runs, as the agent tells it. */
export interface MesosTask {
  readonly id: string;
  readonly name: string;
  readonly executorPid: number | undefined;
  readonly containerId: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly resources: Readonly<Record<string, number>>;
}

export interface MesosState {
  readonly tasks: readonly MesosTask[];
  /** Tasks that run and cannot be told from others, with what is wrong. */
  readonly problems: readonly string[];
}

/** Sizes in an agent's answer are in MB, of 1000² bytes in the original. */
const unitBytes = 1_000_000;

/** The answer to GET_STATE (spec config §4.3); undefined for a text that is none. */
export function parseMesosState(text: string): MesosState | undefined {
  const getTasks = objectOf(objectOf(parseJson(text))['get_state'])['get_tasks'];
  if (!isObject(getTasks)) return undefined;
  const tasks: MesosTask[] = [];
  const problems: string[] = [];
  for (const item of listOf(getTasks['launched_tasks'])) {
    const found = parseTask(objectOf(item));
    if (typeof found === 'string') problems.push(found);
    else if (found !== undefined) tasks.push(found);
  }
  return { tasks, problems };
}

/** undefined when it does not run. The last status is the current one. */
function parseTask(task: Json): MesosTask | string | undefined {
  const status = objectOf(listOf(task['statuses']).at(-1));
  if (status['state'] !== 'TASK_RUNNING') return undefined;
  const id = objectOf(status['task_id'])['value'] ?? objectOf(task['task_id'])['value'];
  if (typeof id !== 'string' || id === '') return `a running task without an id: ${JSON.stringify(task['name'])}`;
  const container = objectOf(status['container_status']);
  const pid = container['executor_pid'];
  const containerId = objectOf(container['container_id'])['value'];
  return {
    id,
    name: typeof task['name'] === 'string' ? task['name'] : id,
    executorPid: typeof pid === 'number' && Number.isInteger(pid) && pid > 0 ? pid : undefined,
    containerId:
      typeof containerId === 'string' && /^[A-Za-z0-9_-]{1,128}$/.test(containerId) ? containerId : undefined,
    labels: labelsOf(task),
    resources: resourcesOf(task),
  };
}

function labelsOf(task: Json): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {};
  for (const item of listOf(objectOf(task['labels'])['labels'])) {
    const { key, value } = objectOf(item);
    if (typeof key === 'string' && key !== '') labels[sanitiseMesosLabel(key)] = typeof value === 'string' ? value : '';
  }
  return labels;
}

/** Amounts of several roles are added; the original kept the last (W-19). */
function resourcesOf(task: Json): Readonly<Record<string, number>> {
  const resources: Record<string, number> = {};
  for (const item of listOf(task['resources'])) {
    const { name, type, scalar } = objectOf(item);
    const value = objectOf(scalar)['value'];
    if (type !== 'SCALAR' || typeof name !== 'string' || typeof value !== 'number' || !Number.isFinite(value)) continue;
    const amount = name === 'mem' || name === 'disk' ? value * unitBytes : value;
    resources[name] = (Object.hasOwn(resources, name) ? (resources[name] ?? 0) : 0) + amount;
  }
  return resources;
}

/** `org.apache.aurora.metadata.application` is `application` (spec config §4.3). */
export function sanitiseMesosLabel(key: string): string {
  let name = key;
  for (const prefix of ['org.apache.', 'aurora.metadata.']) {
    if (name.startsWith(prefix)) name = name.replaceAll(prefix, '');
  }
  return name.replaceAll('.', '_');
}

/** The cgroup in /proc/PID/cgroup: of the controller cpu on v1, else of v2. undefined: none. */
export function cgroupOfProcess(text: string): string | undefined {
  let unified: string | undefined;
  for (const line of text.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (path === undefined || controllers === undefined) continue;
    if (controllers.split(',').includes('cpu')) return path;
    if (controllers === '') unified = path;
  }
  return unified;
}
