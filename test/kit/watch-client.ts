/** A Watch client as a process of its own, to be stopped or killed: `watch-client.js unix:PATH CGROUP [TARGETS]`. Says `attached` once. */
import { loadContract } from '../../shared/rpc/proto.ts';
import { WatchStream } from './watch-stream.ts';

const [address = '', path = '', targets = '1'] = process.argv.slice(2);
const stream = new WatchStream(loadContract().createCollectorClient(address), { intervalMs: 100 });
stream.update(
  Array.from({ length: Number(targets) }, (_, i) => ({ id: `t${i}`, cgroupPath: path, childCgroupPaths: [] })),
);
await stream.next();
process.stdout.write('attached\n');
