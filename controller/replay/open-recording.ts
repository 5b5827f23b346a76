import type { Contract, CollectorClient as RpcClient } from '../../shared/rpc/proto.ts';
import { platformDecoder, RawCollector } from '../collectors/raw-collector.ts';
import { Recording } from './recording.ts';

/** Throws INVALID_ARGUMENT when the file cannot be read or is no recording, VERSION_MISMATCH. */
export function openRecording(file: string, contract: Contract): Recording {
  return new Recording(file, platformDecoder(contract));
}

/** A collector to be recorded. */
export function openCollector(address: string, rpc: RpcClient, contract: Contract): RawCollector {
  return new RawCollector(address, rpc, contract);
}
