import { EventEmitter } from 'node:events';
import { Metadata, status } from '@grpc/grpc-js';
import { CollectorClient } from '../../controller/collectors/client.ts';
import type { Connection } from '../../controller/collectors/link.ts';
import { loadContract } from '../../shared/rpc/proto.ts';
import type { Schema, Snapshot, TargetUpdate, WatchRequest, WatchResponse } from '../../shared/rpc/watch-messages.ts';

/** One Watch stream as the controller sees it; a test plays the collector. */
export class FakeStream extends EventEmitter {
  readonly written: WatchRequest[] = [];
  cancelled = false;

  write(request: WatchRequest): boolean {
    this.written.push(request);
    return true;
  }

  cancel(): void {
    if (this.cancelled) return;
    this.cancelled = true;
    setImmediate(() => this.fail(status.CANCELLED, 'Cancelled on client'));
  }

  /** The target updates that were sent. */
  get updates(): readonly TargetUpdate[] {
    return this.written.flatMap((request) => (request.kind === 'targets' ? [request.targets] : []));
  }

  respond(...responses: readonly WatchResponse[]): void {
    for (const response of responses) this.emit('data', response);
  }

  /** Schema, roster of the revision and a snapshot. */
  snapshot(
    schema: Schema,
    snapshot: Snapshot,
    targets: { readonly ids: readonly string[]; readonly revision: number },
  ): void {
    this.respond(
      { kind: 'schema', schema },
      { kind: 'roster', roster: { id: snapshot.rosterId, targetsRevision: targets.revision, targetIds: targets.ids } },
      { kind: 'snapshot', snapshot },
    );
  }

  fail(code: status, details: string): void {
    this.emit('error', Object.assign(new Error(details), { code, details, metadata: new Metadata() }));
  }
}

class FakeConnection implements Connection {
  isUp = true;
  renewals = 0;

  renew(): void {
    this.renewals += 1;
  }
}

/** A client whose streams a test plays. */
export class FakeCollector extends CollectorClient {
  readonly streams: FakeStream[] = [];
  override readonly connection = new FakeConnection();

  constructor() {
    super('unix:/fake.sock', () => loadContract().createCollectorClient('unix:/nonexistent/fake.sock'));
  }

  /** The newest stream. */
  get stream(): FakeStream {
    const stream = this.streams.at(-1);
    if (stream === undefined) throw new Error('nobody attached');
    return stream;
  }

  override watch(): ReturnType<CollectorClient['watch']> {
    const stream = new FakeStream();
    this.streams.push(stream);
    // Of a stream the session uses what FakeStream has.
    return stream as unknown as ReturnType<CollectorClient['watch']>;
  }
}

/** Lets everything run that is ready to. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i += 1) await new Promise((resolve) => setImmediate(resolve));
}
