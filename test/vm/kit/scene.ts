import { after, before, type TestContext } from 'node:test';
import { TestCgroups } from '../../kit/cgroups.ts';
import { Agent, type AgentOptions } from './agent.ts';
import { runCommand } from './command.ts';
import { Workload, type WorkloadKind } from './workload.ts';

export interface TaskOptions {
  readonly kind: WorkloadKind;
  readonly amount: number;
  /** Put before the command: ['numactl', '--membind=1']. For CPUs use `cpus`. */
  readonly before?: readonly string[];
}

export interface PlacedTaskOptions extends TaskOptions {
  /** CPUs it may run on: "2-3". Set in the cgroup, for Linux before 6.2 forgets them when a cpuset is entered. */
  readonly cpus?: string;
}

export interface RunningTask {
  /** Its label task_id. */
  readonly id: string;
  readonly workload: Workload;
}

/** Cgroups and one agent that measures them, for all tests of a file; both are gone after the last. */
export class Scene {
  readonly cgroups: TestCgroups;
  #agent: Agent | undefined;

  /** `tasks` are names of cgroups that it makes; `options.tasks` paths of others. */
  static make(tasks: readonly string[], options: Partial<AgentOptions> = {}): Scene {
    const scene = new Scene();
    const paths = tasks.map((name) => scene.cgroups.add(name).slice(1));
    before(async () => {
      scene.#agent = await Agent.start({ ...options, tasks: [...paths, ...(options.tasks ?? [])] });
    });
    after(async () => {
      await scene.#agent?.stop();
      scene.cgroups.remove();
    });
    return scene;
  }

  private constructor() {
    this.cgroups = makeCgroups();
  }

  get agent(): Agent {
    if (this.#agent === undefined) throw new Error('the agent runs only during a test');
    return this.#agent;
  }

  /** A workload alone in one of the cgroups, ended with the test. */
  async start(t: TestContext, task: string, options: PlacedTaskOptions): Promise<RunningTask> {
    const path = this.cgroups.add(task);
    const workload = await startWorkload(t, options);
    this.cgroups.attach(path, workload.pid);
    if (options.cpus !== undefined) bindToCpus(workload.pid, options.cpus);
    return { id: path.slice(1), workload };
  }
}

/** Lets a process of one thread run on some CPUs only. */
export function bindToCpus(pid: number, cpus: string): void {
  runCommand('taskset', ['-p', '-c', cpus, String(pid)]);
}

/** A workload where its command puts it, ended with the test. */
export async function startWorkload(t: TestContext, { kind, amount, before = [] }: TaskOptions): Promise<Workload> {
  const workload = await Workload.start(kind, amount, before);
  t.after(() => workload.stop());
  return workload;
}

/** A guest that cannot make cgroups is broken: this throws. */
function makeCgroups(): TestCgroups {
  let why = '';
  const cgroups = TestCgroups.make((reason) => {
    why = reason;
  });
  if (cgroups === undefined) throw new Error(why);
  return cgroups;
}
