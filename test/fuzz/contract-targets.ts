import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import fc from 'fast-check';
import { decodeAllocateRequest } from '../../shared/rpc/allocate-request-codec.ts';
import { loadContract } from '../../shared/rpc/proto.ts';
import { decodeWatchRequest, decodeWatchResponse, encodeWatchRequest } from '../../shared/rpc/watch-codec.ts';
import { CollectorProcess } from '../kit/collector-process.ts';
import { mutatedBytes } from './mutations.ts';
import type { FuzzTarget } from './target.ts';

/** Messages of peers: to the codecs, and over a socket to a real collector, which must go on and answer. */

const contract = loadContract();
const unary = Object.keys(contract.collector).filter((rpc) => !['Watch', 'WatchAudit'].includes(rpc));
/** What a call may end with. INTERNAL is protobuf's own, for bytes that are no message; an incident of ours is not. */
const proper: readonly number[] = [
  ...[status.OK, status.INVALID_ARGUMENT, status.NOT_FOUND, status.PERMISSION_DENIED, status.FAILED_PRECONDITION],
  ...[status.RESOURCE_EXHAUSTED, status.DEADLINE_EXCEEDED, status.UNIMPLEMENTED, status.ABORTED, status.OUT_OF_RANGE],
];

const messages: readonly Uint8Array[] = [
  // AllocateRequest: request_id, dry_run, a target with a cpu quota.
  Buffer.from('1a0162200132150a080a012f12022f611a09080110a08d0618a08d06', 'hex'),
  Buffer.from('0a0208010a022f61', 'hex'),
  Buffer.from(
    encodeWatchRequest({
      kind: 'targets',
      targets: { revision: 1, upsert: [{ id: 'a', cgroupPath: '/a', childCgroupPaths: [] }], remove: ['b'] },
    }),
  ),
  Uint8Array.from([]),
];

export interface Contracted {
  readonly targets: readonly FuzzTarget[];
  stop(): Promise<void>;
}

export async function contractTargets(): Promise<Contracted> {
  const collector = await CollectorProcess.start({ args: ['--allocate-below', '/wca-fuzz'] });
  const client = collector.client();
  const same = (message: Buffer): Buffer => message;
  const call = (rpc: string, bytes: Uint8Array): Promise<{ code: number; details: string }> =>
    new Promise((resolve) => {
      const done = (error: ServiceError | null): void => resolve(error ?? { code: status.OK, details: '' });
      const deadline = { deadline: Date.now() + 5_000 };
      client.makeUnaryRequest(
        `/wca.v1.Collector/${rpc}`,
        same,
        same,
        Buffer.from(bytes),
        new Metadata(),
        deadline,
        done,
      );
    });
  const rpcs = fc.asyncProperty(fc.constantFrom(...unary), mutatedBytes(messages), async (rpc, bytes) => {
    const { code, details } = await call(rpc, bytes);
    const isOurBug = code === status.INTERNAL && /incident/.test(details);
    if (!proper.includes(code) && (code !== status.INTERNAL || isOurBug)) throw new Error(`${rpc}: ${code} ${details}`);
    if (collector.child.exitCode !== null) throw new Error('the collector ended');
  });
  const streams = fc.asyncProperty(
    fc.constantFrom('Watch', 'WatchAudit'),
    fc.array(mutatedBytes(messages), { maxLength: 4 }),
    async (rpc, parts) => {
      const stream = client.makeBidiStreamRequest(`/wca.v1.Collector/${rpc}`, same, same);
      const ended = new Promise<void>((resolve) => {
        stream.on('error', () => resolve());
        stream.on('end', () => resolve());
        stream.on('data', () => {});
        setTimeout(resolve, 30);
      });
      for (const part of parts) stream.write(Buffer.from(part));
      stream.end();
      await ended;
      stream.cancel();
      const { code, details } = await call('GetStatus', Uint8Array.from([]));
      if (code !== status.OK) throw new Error(`afterwards GetStatus answers ${code} ${details}`);
    },
  );
  const codecs = fc.property(mutatedBytes(messages), (bytes) => {
    for (const decode of [decodeAllocateRequest, decodeWatchRequest, decodeWatchResponse]) {
      try {
        decode(bytes);
      } catch (thrown) {
        // Protobuf's own words for bytes that are no message; a TypeError would be ours.
        if (thrown instanceof TypeError) throw thrown;
      }
    }
  });
  return {
    targets: [
      { name: 'codecs', property: codecs },
      { name: 'rpcs', property: rpcs },
      { name: 'streams', property: streams },
    ],
    stop: async () => {
      client.close();
      await collector.stop();
    },
  };
}
