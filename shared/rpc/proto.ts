import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkServerIdentity as checkIdentity, type PeerCertificate } from 'node:tls';
import { fileURLToPath } from 'node:url';
import * as grpc from '@grpc/grpc-js';
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';
import type { ClientFiles } from '../tls/client-files.ts';
import { parseCollectorAddress } from './collector-address.ts';
import type { ProtoGrpcType as CollectorTypes } from './gen/collector.ts';
import type { ProtoGrpcType as ControllerTypes } from './gen/controller.ts';
import type { CollectorClient as GeneratedCollectorClient } from './gen/wca/v1/Collector.ts';
import type { ControllerClient } from './gen/wca/v1/Controller.ts';
import { limits } from './limits.ts';
import { decodeWatchRequest, decodeWatchResponse, encodeWatchRequest, encodeWatchResponse } from './watch-codec.ts';
import type { WatchRequest, WatchResponse } from './watch-messages.ts';

export type { ControllerClient };

/** Client of the privileged side; `watch` carries the messages of watch-messages.ts. */
export type CollectorClient = Omit<GeneratedCollectorClient, 'watch' | 'Watch'> & {
  watch(metadata?: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<WatchRequest, WatchResponse>;
};

/** Everything the .proto files define, loaded once by `main` and passed on. */
export interface Contract {
  readonly collector: grpc.ServiceDefinition;
  readonly controller: grpc.ServiceDefinition;
  readonly health: grpc.ServiceDefinition;
  readonly reflection: grpc.ServiceDefinition;
  /** Serialised google.protobuf.FileDescriptorProto of every file, for server reflection. */
  readonly fileDescriptors: readonly Buffer[];
  /**
   * `unix:/path` or `tls:HOST:PORT`, which needs `files`; they are looked at again every ten seconds. Throws
   * INVALID_ARGUMENT.
   */
  createCollectorClient(address: string, files?: ClientFiles): CollectorClient;
  createControllerClient(address: string): ControllerClient;
}

/** The package's root: the folder that holds proto/. */
function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'proto', 'wca', 'v1', 'collector.proto'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('WCA is not installed completely: the folder proto/ is missing');
    folder = parent;
  }
  return folder;
}

/** Loads the .proto files. The hot messages of Watch get the hand codec; it is tested against the generated one. */
export function loadContract(): Contract {
  const definition = loadSync(
    [
      'wca/v1/collector.proto',
      'wca/v1/controller.proto',
      'grpc/health/v1/health.proto',
      'grpc/reflection/v1/reflection.proto',
    ],
    { includeDirs: [join(packageRoot(), 'proto')], longs: Number, enums: String, defaults: true, oneofs: true },
  );
  const types = grpc.loadPackageDefinition(definition) as unknown as CollectorTypes & ControllerTypes;
  const collector = { ...serviceOf(definition, 'wca.v1.Collector') };
  collector['Watch'] = {
    ...required(collector['Watch'], 'Watch'),
    requestSerialize: (value: WatchRequest) => encodeWatchRequest(value),
    requestDeserialize: (bytes: Buffer) => decodeWatchRequest(bytes),
    responseSerialize: (value: WatchResponse) => encodeWatchResponse(value),
    responseDeserialize: (bytes: Buffer) => decodeWatchResponse(bytes),
  };
  const certificates = new Certificates();
  const CollectorConstructor = grpc.makeClientConstructor(collector, 'wca.v1.Collector');
  const options = {
    'grpc.max_receive_message_length': limits.maxSnapshotBytes,
    'grpc.max_send_message_length': limits.maxMessageBytes,
    'grpc-node.flow_control_window': 4 * 1024 * 1024,
    'grpc.service_config_disable_resolution': 1,
    // A channel that cannot connect makes callers wait at most so long; up to two minutes unless told.
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 2000,
  };
  return {
    collector,
    controller: serviceOf(definition, 'wca.v1.Controller'),
    health: serviceOf(definition, 'grpc.health.v1.Health'),
    reflection: serviceOf(definition, 'grpc.reflection.v1.ServerReflection'),
    fileDescriptors: descriptorsOf(definition),
    createCollectorClient: (address, files) => {
      const { target, tls } = parseCollectorAddress(address);
      const { credentials, ...more } = tls
        ? secureChannel(target, files === undefined ? undefined : certificates.of(files))
        : { credentials: grpc.credentials.createInsecure(), ...localAuthority };
      const channelOptions = { ...options, ...more };
      return new CollectorConstructor(target, credentials, channelOptions) as unknown as CollectorClient;
    },
    createControllerClient: (address) =>
      new types.wca.v1.Controller(address, grpc.credentials.createInsecure(), { ...options, ...localAuthority }),
  };
}

/** A Unix socket has no name; a collector of another host is checked by its own. */
const localAuthority = { 'grpc.default_authority': 'localhost' };

type Provider = InstanceType<typeof grpc.experimental.FileWatcherCertificateProvider>;

/** Certificates in files; the same files are looked at once however many collectors they are for. */
class Certificates {
  readonly #providers = new WeakMap<ClientFiles, Provider>();

  of(files: ClientFiles): Provider {
    const known = this.#providers.get(files);
    if (known !== undefined) return known;
    const provider = new grpc.experimental.FileWatcherCertificateProvider({
      caCertificateFile: files.caPath,
      certificateFile: files.certPath,
      privateKeyFile: files.keyPath,
      refreshIntervalMs: certificateRefreshMs,
    });
    this.#providers.set(files, provider);
    return provider;
  }
}

/** An address is checked against the addresses in the certificate; TLS has no server name for it (RFC 6066). */
function secureChannel(target: string, provider: Provider | undefined) {
  if (provider === undefined) throw new Error('an address with TLS needs certificates');
  const credentials = (verify: grpc.VerifyOptions): grpc.ChannelCredentials =>
    grpc.experimental.createCertificateProviderChannelCredentials(provider, provider, verify);
  const [, address] = /^ipv[46]:\[?([^\]]*?)\]?:\d+$/.exec(target) ?? [];
  if (address === undefined) return { credentials: credentials({}), ...keepalive };
  const checkServerIdentity = (_name: string, certificate: PeerCertificate) => checkIdentity(address, certificate);
  return {
    credentials: credentials({ checkServerIdentity }),
    'grpc.ssl_target_name_override': 'wca-collector',
    ...keepalive,
  };
}

/**
 * A host that dies or is cut off sends nothing, not even an end: found within ten seconds, before a collector that is
 * merely silent is given up (watch-session.ts).
 */
const keepalive = { 'grpc.keepalive_time_ms': 5000, 'grpc.keepalive_timeout_ms': 5000 };

const certificateRefreshMs = 10_000;

function serviceOf(definition: PackageDefinition, name: string): grpc.ServiceDefinition {
  const service = definition[name];
  if (service === undefined || 'format' in service) throw new Error(`the contract lacks the service ${name}`);
  return service;
}

function required<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`the contract lacks ${name}`);
  return value;
}

function descriptorsOf(definition: PackageDefinition): readonly Buffer[] {
  const byText = new Map<string, Buffer>();
  for (const entry of Object.values(definition)) {
    if (!('fileDescriptorProtos' in entry) || !Array.isArray(entry.fileDescriptorProtos)) continue;
    for (const bytes of entry.fileDescriptorProtos) byText.set(bytes.toString('latin1'), bytes);
  }
  return [...byText.values()];
}
