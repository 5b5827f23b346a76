import { after, before } from 'node:test';
import type { TestCgroups } from '../../kit/cgroups.ts';
import { Agent, type AgentOptions } from './agent.ts';
import { makeCgroups } from './task.ts';

export interface Scene {
  /** Below their root each cgroup is a task. */
  readonly cgroups: TestCgroups;
  agent(): Agent;
}

/** Cgroups and one agent that measures them, for all tests of a file; both are gone after the last. */
export function setUp(options: Partial<AgentOptions> = {}): Scene {
  const cgroups = makeCgroups();
  let agent: Agent | undefined;
  before(async () => {
    agent = await Agent.start({ include: [`${cgroups.root}/*`], ...options });
  });
  after(async () => {
    await agent?.stop();
    cgroups.remove();
  });
  return {
    cgroups,
    agent: () => {
      if (agent === undefined) throw new Error('the agent is not running');
      return agent;
    },
  };
}
