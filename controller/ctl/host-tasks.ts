import { WcaError } from '../../shared/errors/wca-error.ts';
import type { ControllerPeer, Tasks } from './peers.ts';

type Asked = Pick<ControllerPeer, 'listTasks' | 'getStatus'>;

/**
 * The tasks that a controller has on the host of a collector: one that follows several knows tasks of the same name on
 * others. Throws INVALID_ARGUMENT when it follows several and not this one.
 */
export async function listTasksOn(controller: Asked, collectorAddress: string): Promise<Tasks> {
  const { tasks } = await controller.listTasks();
  if (tasks.every(({ node }) => node === '')) return { tasks };
  const { collectors } = await controller.getStatus();
  const session = collectors.find(({ address }) => address === collectorAddress);
  if (session !== undefined) return { tasks: tasks.filter(({ node }) => node === session.node) };
  throw new WcaError('INVALID_ARGUMENT', {
    subject: `collector ${collectorAddress}`,
    message: 'the controller follows others',
    remedy: 'give --collector as wca-ctl status shows it under ADDRESS, or the paths of cgroups',
  });
}
