import type { ServiceError } from '@grpc/grpc-js';
import { loadContract } from '../../shared/rpc/proto.ts';

/** Calls the rpcs of allocation as whoever runs this and prints the codes: `call-rpcs.js unix:/run/x.sock`. */

const [, , address = ''] = process.argv;
const client = loadContract().createCollectorClient(address);
const same = (message: Buffer): Buffer => message;
const codes: Record<string, number> = {};
for (const rpc of ['ListAllocations', 'GetStatus', 'Allocate', 'RenewLease', 'Restore', 'Hold']) {
  codes[rpc] = await new Promise<number>((resolve) => {
    const done = (error: ServiceError | null): void => resolve(error === null ? 0 : error.code);
    client.makeUnaryRequest(`/wca.v1.Collector/${rpc}`, same, same, Buffer.alloc(0), done);
  });
}
client.close();
process.stdout.write(JSON.stringify(codes));
