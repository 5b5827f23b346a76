import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { WcaError } from '../../../shared/errors/wca-error.ts';
import { config, defineComponent } from '../../config/component.ts';
import { optional, withDefault } from '../../config/parameters.ts';
import { nullable, numeric, url } from '../../config/types.ts';
import type { Task } from '../../model/task.ts';
import { HttpClient } from '../../net/http-client.ts';
import { ssl } from '../../net/ssl.ts';
import { LeftOut } from '../left-out.ts';
import type { Node } from '../node.ts';
import { cgroupOfProcess, type MesosTask, parseMesosState } from './state.ts';

export interface MesosNodeOptions {
  readonly client: HttpClient;
  /** Of the agent. */
  readonly origin: string;
  readonly procfs: string;
  readonly logger: Logger;
}

const maxBodyBytes = 64 * 1024 * 1024;

/** Tasks that a Mesos agent runs on this host (spec config §4.3). */
export class MesosNode implements Node {
  readonly #options: MesosNodeOptions;
  readonly #leftOut: LeftOut;

  constructor(options: MesosNodeOptions) {
    this.#options = options;
    this.#leftOut = new LeftOut(options.logger);
  }

  describe(): string {
    return `MesosNode ${this.#options.origin}`;
  }

  async tasks(signal: AbortSignal): Promise<readonly Task[]> {
    const { client, origin } = this.#options;
    const address = new URL('/api/v1', origin);
    const headers = { 'content-type': 'application/json', accept: 'application/json' };
    const question = { method: 'POST', headers, body: '{"type":"GET_STATE"}' } as const;
    const { status, text } = await client.ask(address, question, signal);
    const subject = `${origin}/api/v1`;
    if (status !== 200) throw new WcaError('DISCOVERY_FAILED', { subject, message: `answers ${status}` });
    const state = parseMesosState(text);
    if (state === undefined) {
      const message = `the answer is no state of an agent: ${JSON.stringify(text.slice(0, 80))}`;
      throw new WcaError('DISCOVERY_FAILED', { subject, message });
    }
    const troubles = [...state.problems];
    const tasks: Task[] = [];
    for (const task of state.tasks) {
      const found = await this.#taskOf(task);
      if (typeof found === 'string') troubles.push(`task ${task.id}: ${found}`);
      else tasks.push(found);
    }
    this.#leftOut.tell(troubles);
    return tasks;
  }

  async stop(): Promise<void> {
    await this.#options.client.close();
  }

  async #taskOf({ id, name, executorPid, labels, resources }: MesosTask): Promise<Task | string> {
    if (executorPid === undefined) return 'the agent does not know its executor yet';
    const text = await readFile(join(this.#options.procfs, String(executorPid), 'cgroup'), 'utf8').catch(
      () => undefined,
    );
    if (text === undefined) return `its executor (pid ${executorPid}) has ended`;
    const cgroupPath = cgroupOfProcess(text);
    if (cgroupPath === undefined || cgroupPath === '/') {
      return 'its executor has no cgroup of its own: the agent needs the isolator cgroups/cpu, or the task is starting';
    }
    return { id, name, cgroupPath, subcgroupPaths: [], labels, resources };
  }
}

/** `!MesosNode` (spec config §3.5, §4.3). */
export const mesosNode = defineComponent({
  tag: 'MesosNode',
  kind: 'node',
  since: 'seed',
  doc: 'Tasks are those that the Mesos agent of this host runs (operator API v1). The agent needs the Mesos containerizer with the isolator cgroups/cpu. The controller must see the processes of the host in /proc.',
  parameters: {
    mesos_agent_endpoint: withDefault(url(), new URL('https://127.0.0.1:5051'), {
      doc: 'The agent; a path is left out.',
      defaultDoc: 'https://127.0.0.1:5051',
    }),
    timeout: withDefault(numeric(1, 60), 5, { doc: 'For connecting, and for an answer.', unit: 'seconds' }),
    ssl: optional(nullable(config(ssl)), { doc: 'TLS to the agent.' }),
  },
  example: '!MesosNode {mesos_agent_endpoint: http://127.0.0.1:5051}',
  create(args, { logger }) {
    const client = new HttpClient({ ssl: args.ssl, timeoutMs: args.timeout * 1000, maxBodyBytes });
    const { origin } = args.mesos_agent_endpoint;
    return new MesosNode({ client, origin, procfs: '/proc', logger: logger('wca.mesos') });
  },
});
