import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CollectorProcess } from '../kit/collector-process.ts';
import { WatchStream } from '../kit/watch-stream.ts';

/** Floods of HTTP/2 frames, written by hand, while somebody else subscribes. */

let collector: CollectorProcess;
before(async () => {
  collector = await CollectorProcess.start();
});
after(() => collector.stop());

const frameTypes = { headers: 1, reset: 3, settings: 4, ping: 6, continuation: 9 } as const;
const endHeaders = 4;
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

interface FrameOptions {
  readonly flags?: number;
  readonly body?: Buffer;
}

function frame(
  type: keyof typeof frameTypes,
  stream: number,
  { flags = 0, body = Buffer.alloc(0) }: FrameOptions = {},
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(body.length, 0, 3);
  head.writeUInt8(frameTypes[type], 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, body]);
}

function literal(name: string, value: string): Buffer {
  return Buffer.concat([
    Buffer.from([0, name.length]),
    Buffer.from(name),
    Buffer.from([value.length]),
    Buffer.from(value),
  ]);
}

const requestHeaders = Buffer.concat([
  literal(':method', 'POST'),
  literal(':scheme', 'http'),
  literal(':path', '/wca.v1.Collector/Watch'),
  literal(':authority', 'localhost'),
  literal('content-type', 'application/grpc'),
  literal('te', 'trailers'),
]);

function open(): Socket {
  const socket = connect(collector.socket).on('error', () => {});
  socket.write(Buffer.concat([preface, frame('settings', 0)]));
  return socket.resume();
}

/** Ids of streams of clients are odd and only grow. */
function openings(count: number, reset: boolean): readonly Buffer[] {
  return Array.from({ length: count }, (_, i) => {
    const headers = frame('headers', 2 * i + 1, { flags: endHeaders, body: requestHeaders });
    return reset ? Buffer.concat([headers, frame('reset', 2 * i + 1, { body: Buffer.alloc(4) })]) : headers;
  });
}

const floods: readonly { readonly name: string; readonly frames: () => readonly Buffer[] }[] = [
  { name: '10,000 streams', frames: () => openings(10_000, false) },
  { name: '10,000 streams that are reset at once', frames: () => openings(10_000, true) },
  { name: '100,000 pings', frames: () => Array<Buffer>(100_000).fill(frame('ping', 0, { body: Buffer.alloc(8) })) },
  { name: '100,000 settings', frames: () => Array<Buffer>(100_000).fill(frame('settings', 0)) },
  {
    name: '10,000 continuations of one header',
    frames: () => [
      frame('headers', 1, { body: requestHeaders }),
      ...Array<Buffer>(10_000).fill(frame('continuation', 1, { body: literal('a', 'b'.repeat(100)) })),
    ],
  },
];

/** Mean interval by the collector's own clock, so that this process being busy does not count. */
async function meanIntervalMs(stream: WatchStream, work: () => Promise<void>): Promise<number> {
  const first = (await stream.next()).snapshot.monotonicNs;
  const from = stream.views.length;
  await work();
  const last = (await stream.next()).snapshot.monotonicNs;
  return Number(last - first) / 1e6 / (stream.views.length - from);
}

for (const { name, frames } of floods) {
  test(`${name} disturb nobody, and leave nothing`, async (t) => {
    const stream = new WatchStream(collector.client(), { intervalMs: 100 });
    t.after(() => stream.call.cancel());
    stream.update(['/']);
    await stream.next();
    const idleMs = await meanIntervalMs(stream, () => sleep(2_000));
    const before = { descriptors: collector.openDescriptors(), rssBytes: collector.rssBytes() };
    const bytes = Buffer.concat(frames());
    const busyMs = await meanIntervalMs(stream, async () => {
      const sockets = Array.from({ length: 4 }, open);
      for (const socket of sockets) socket.write(bytes);
      await sleep(2_000);
      for (const socket of sockets) {
        const closed = socket.closed ? undefined : once(socket, 'close');
        socket.destroy();
        await closed;
      }
    });
    assert.ok(busyMs < idleMs * 1.15, `${busyMs} ms, ${idleMs} ms without the flood`);
    const grownBytes = collector.rssBytes() - before.rssBytes;
    assert.ok(grownBytes < 96 * 2 ** 20, `memory grew by ${grownBytes} bytes`);
    // A session that had enough of resets never sees that its client has gone: it is closed for its silence.
    for (let waited = 0; collector.openDescriptors() > before.descriptors + 1; waited += 1) {
      assert.ok(waited < 110, 'descriptors do not come back');
      await sleep(1_000);
    }
    stream.call.cancel();
    await collector.statusWhere((now) => now.subscribers.length === 0);
  });
}
