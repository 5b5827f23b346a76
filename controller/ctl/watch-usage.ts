import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientReadableStream } from '@grpc/grpc-js';
import { fromStatus } from '../../shared/errors/grpc-status.ts';
import { WcaError } from '../../shared/errors/wca-error.ts';
import type { Usage__Output as Usage } from '../../shared/rpc/gen/wca/v1/Usage.ts';
import type { ControllerPeer } from './peers.ts';
import { explainCall } from './unreachable.ts';

export type { Usage };

export interface UsageListener {
  onUsage(usage: Usage): void;
  /** The stream broke; it is opened again until the signal aborts. */
  onTrouble(error: WcaError): void;
}

/** Whose usage is wanted. */
export interface UsageSource {
  readonly peer: ControllerPeer;
  /** Of which host, where the controller follows several. */
  readonly node: string;
}

/** Ends with the error when the stream breaks, resolves when the signal aborts. */
export async function readUsage(
  { peer, node }: UsageSource,
  onUsage: (usage: Usage) => void,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return;
  const stream: ClientReadableStream<Usage> = peer.client.watchUsage({ node });
  const cancel = (): void => stream.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  const subject = `controller at ${peer.address}`;
  try {
    for await (const usage of stream) onUsage(usage);
  } catch (thrown) {
    if (signal.aborted) return;
    throw explainCall(fromStatus(thrown, subject), 'controller', 0);
  } finally {
    signal.removeEventListener('abort', cancel);
  }
  if (!signal.aborted) throw new WcaError('UNAVAILABLE', { subject, message: 'the controller ended the stream' });
}

/** Reads usage until the signal aborts, opening the stream again `retryMs` after it broke. */
export async function keepReadingUsage(
  source: UsageSource,
  { listener, retryMs }: { readonly listener: UsageListener; readonly retryMs: number },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await readUsage(source, (usage) => listener.onUsage(usage), signal);
    } catch (thrown) {
      listener.onTrouble(fromStatus(thrown, 'controller'));
    }
    await sleep(retryMs, undefined, { signal }).catch(() => undefined);
  }
}
