import * as grpc from '@grpc/grpc-js';
import type { GetPlatformResponse__Output as Platform } from '../../shared/rpc/gen/wca/v1/GetPlatformResponse.ts';
import type { ListCgroupsResponse__Output as Cgroups } from '../../shared/rpc/gen/wca/v1/ListCgroupsResponse.ts';
import type { CollectorClient, Contract } from '../../shared/rpc/proto.ts';
import { apiVersion } from '../../shared/rpc/version.ts';
import type { Roster, Schema, Snapshot, WatchRequest, WatchResponse } from '../../shared/rpc/watch-messages.ts';
import { type Certificate, readPair, type TestAuthority } from '../kit/certificates.ts';

/** What a real collector answered. */
export interface Sample {
  readonly platform: Platform;
  readonly cgroups: Cgroups;
  readonly schema: Schema;
  readonly roster: Roster;
  /** One an interval. */
  readonly snapshots: readonly Snapshot[];
}

const intervalMs = 1_000;

/** Asks a collector for what `count` snapshots of some cgroups need. */
export async function takeSample(client: CollectorClient, paths: readonly string[], count: number): Promise<Sample> {
  const call = <T>(start: (done: (error: unknown, reply: T | undefined) => void) => unknown): Promise<T> =>
    new Promise((resolve, reject) => {
      start((error, reply) => (reply === undefined ? reject(error) : resolve(reply)));
    });
  const platform = await call<Platform>((done) => client.getPlatform({ client: apiVersion }, done));
  const cgroups = await call<Cgroups>((done) => client.listCgroups({ paths: [...paths], includeEmpty: true }, done));
  const stream = client.watch();
  const spec = { client: apiVersion, intervalMs, events: ['default'], perCpu: false, costlyEvery: 1 };
  stream.write({ kind: 'spec', spec });
  const upsert = paths.map((path) => ({ id: path, cgroupPath: path, childCgroupPaths: [] }));
  stream.write({ kind: 'targets', targets: { revision: 1, upsert, remove: [] } });
  let schema: Schema | undefined;
  let roster: Roster | undefined;
  const snapshots: Snapshot[] = [];
  const responses: AsyncIterable<WatchResponse> = stream;
  for await (const response of responses) {
    if (response.kind === 'schema') schema = response.schema;
    if (response.kind === 'roster') roster = response.roster;
    if (response.kind !== 'snapshot') continue;
    // Those of another schema or roster than the last would not fit.
    if (snapshots[0] !== undefined && snapshots[0].schemaId !== response.snapshot.schemaId) snapshots.length = 0;
    snapshots.push(response.snapshot);
    if (snapshots.length === count) break;
  }
  stream.cancel();
  if (schema === undefined || roster === undefined) throw new Error('the collector sent no snapshot');
  return { platform, cgroups, schema, roster, snapshots };
}

/** Services on TCP with mutual TLS, each of which says of itself what a real collector said. */
export class RecordedCollectors {
  readonly addresses: string[] = [];
  readonly #servers: grpc.Server[] = [];

  static async start(
    count: number,
    {
      sample,
      contract,
      authority,
    }: { readonly sample: Sample; readonly contract: Contract; readonly authority: TestAuthority },
  ): Promise<RecordedCollectors> {
    const made = new RecordedCollectors();
    const certificate = authority.issue('wca-collector', { names: 'IP:127.0.0.1' });
    for (let i = 0; i < count; i += 1)
      made.addresses.push(await made.#serve(i, { sample, contract, authority, certificate }));
    return made;
  }

  stop(): void {
    for (const server of this.#servers) server.forceShutdown();
  }

  async #serve(
    index: number,
    {
      sample,
      contract,
      authority,
      certificate,
    }: {
      readonly sample: Sample;
      readonly contract: Contract;
      readonly authority: TestAuthority;
      readonly certificate: Certificate;
    },
  ): Promise<string> {
    const server = new grpc.Server();
    this.#servers.push(server);
    const platform = { ...sample.platform, hostname: `node${index}` };
    server.addService(contract.collector, {
      GetPlatform: (_call: unknown, done: grpc.sendUnaryData<Platform>) => done(null, platform),
      ListCgroups: (_call: unknown, done: grpc.sendUnaryData<Cgroups>) => done(null, sample.cgroups),
      Watch: (call: grpc.ServerDuplexStream<WatchRequest, WatchResponse>) => play(call, sample),
    });
    const { cert, key } = readPair(certificate);
    const { cert: ca } = readPair({ certPath: authority.caPath, keyPath: authority.caPath });
    const pair = { cert_chain: Buffer.from(cert), private_key: Buffer.from(key) };
    const credentials = grpc.ServerCredentials.createSsl(Buffer.from(ca), [pair], true);
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error === null ? resolve(bound) : reject(error)));
    });
    return `tls:127.0.0.1:${port}`;
  }
}

/** The snapshots again and again, each at its time, from the moment the client has named its targets. */
function play(call: grpc.ServerDuplexStream<WatchRequest, WatchResponse>, sample: Sample): void {
  const { schema, roster, snapshots } = sample;
  let timer: NodeJS.Timeout | undefined;
  let sequence = 0;
  const tick = (): void => {
    const snapshot = snapshots[sequence % snapshots.length];
    if (snapshot === undefined) return;
    sequence += 1;
    const realtimeNs = BigInt(Date.now()) * 1_000_000n;
    call.write({
      kind: 'snapshot',
      snapshot: { ...snapshot, sequence, realtimeNs, monotonicNs: process.hrtime.bigint() },
    });
  };
  call.on('data', (request: WatchRequest) => {
    if (request.kind !== 'targets') return;
    if (timer === undefined) call.write({ kind: 'schema', schema });
    call.write({ kind: 'roster', roster: { ...roster, targetsRevision: request.targets.revision } });
    timer ??= setInterval(tick, intervalMs);
  });
  const end = (): void => clearInterval(timer);
  for (const event of ['end', 'cancelled', 'error', 'close']) call.on(event, end);
  call.on('end', () => call.end());
}
