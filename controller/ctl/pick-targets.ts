import { WcaError } from '../../shared/errors/wca-error.ts';
import type { PickedTarget, Tasks } from './peers.ts';

/**
 * The cgroups of what was named on the command line: a path that begins with `/` is one itself, anything else is the
 * name or the id of a task of the controller, who is asked only then. Throws INVALID_ARGUMENT.
 */
export async function pickTargets(
  names: readonly string[],
  listTasks: () => Promise<Tasks>,
): Promise<readonly PickedTarget[]> {
  const tasks = names.every((name) => name.startsWith('/')) ? [] : (await listTasks()).tasks;
  const picked = names.map((name) => pickTarget(name, tasks));
  return picked.filter(({ cgroupPath }, at) => picked.findIndex((other) => other.cgroupPath === cgroupPath) === at);
}

function pickTarget(name: string, tasks: Tasks['tasks']): PickedTarget {
  const named = tasks.filter((task) => task.name === name || task.id === name);
  const [first, second] = named;
  if (second !== undefined) {
    throw new WcaError('INVALID_ARGUMENT', {
      subject: name,
      message: `${named.length} tasks have this name`,
      remedy: `give the cgroup of one: ${named.map(({ cgroupPath }) => cgroupPath).join(', ')}`,
    });
  }
  if (first !== undefined) return { cgroupPath: first.cgroupPath, children: first.childCgroupPaths };
  if (name.startsWith('/')) return { cgroupPath: trimSlashes(name), children: [] };
  throw new WcaError('INVALID_ARGUMENT', {
    subject: name,
    message: 'the controller has no task of this name or id',
    remedy: 'see wca-ctl tasks, or give the path of a cgroup, beginning with /',
  });
}

function trimSlashes(path: string): string {
  return path.length > 1 && path.endsWith('/') ? trimSlashes(path.slice(0, -1)) : path;
}
