import type { WcaError } from '../../shared/errors/wca-error.ts';
import type { Episodes } from '../../shared/log/episodes.ts';
import { parseCollectorAddress } from '../../shared/rpc/collector-address.ts';
import type { Contract } from '../../shared/rpc/proto.ts';
import type { ClientFiles } from '../../shared/tls/client-files.ts';
import { CollectorClient } from './client.ts';

export interface ConnectOptions {
  readonly contract: Contract;
  /** Certificates, asked for where the address needs them. Throws INVALID_ARGUMENT, INVALID_CONFIG. */
  readonly files: () => ClientFiles;
  readonly episodes: Episodes;
}

/** A client of the collector at an address. Connects when it is used. Throws INVALID_ARGUMENT, INVALID_CONFIG. */
export function connectCollector(address: string, { contract, files, episodes }: ConnectOptions): CollectorClient {
  const { text, tls } = parseCollectorAddress(address);
  const certificates = tls ? files() : undefined;
  const onListing = (error: WcaError | undefined): void => {
    if (error === undefined) episodes.ended('listing cgroups');
    else episodes.failed('listing cgroups', error, { source: 'collector', doing: 'going on with those listed' });
  };
  return new CollectorClient(text, () => contract.createCollectorClient(text, certificates), onListing);
}
