import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CollectorSession__Output as Session } from '../../shared/rpc/gen/wca/v1/CollectorSession.ts';
import { TestAuthority } from '../kit/certificates.ts';
import { TestCgroups } from '../kit/cgroups.ts';
import { CollectorProcess } from '../kit/collector-process.ts';
import { ControllerProcess } from '../kit/controller-process.ts';
import { TestNetwork } from '../kit/network.ts';
import { skipWithout } from '../kit/tools.ts';

/** Three nodes and a remote controller, each a host of its own as far as the network is concerned. */

const nodes = ['node1', 'node2', 'node3'] as const;
const port = 9153;
const intervalMs = 500;
/** Node 2 is cut off; the others have what is sensible for a bad link. */
const leasesMs: Readonly<Record<string, number>> = { node1: 12_000, node2: 4000, node3: 12_000 };
/** Within this a connection to a silent host is given up. */
const keepaliveMs = 10_000;
/** An attempt to connect and the longest pause after it. */
const attemptMs = 20_000;
/** What a machine that others use as well may take beside the bounds of the product. */
const slackMs = 6000;

interface World {
  readonly network: TestNetwork;
  readonly authority: TestAuthority;
  readonly cgroups: TestCgroups;
  readonly collectors: Map<string, CollectorProcess>;
  readonly controllers: Map<string, ControllerProcess>;
}
let world: World | undefined;
let skip: string | false = TestNetwork.skip() || skipWithout('openssl');

before(async () => {
  if (skip !== false) return;
  const cgroups = TestCgroups.make((reason) => {
    skip = reason;
  });
  if (cgroups === undefined) return;
  const network = TestNetwork.make(['control', ...nodes]);
  world = { network, cgroups, authority: new TestAuthority(), collectors: new Map(), controllers: new Map() };
  const at = world;
  // Tried while the other tests run.
  startController(at, 'late', { config: measuring(at, 'late'), address: network.blackHole('control', 'node1') });
  await Promise.all(nodes.map((node) => startCollector(at, node)));
  for (const node of nodes) startController(at, node, { config: allocating(at, node) });
  for (const node of nodes) await hold(at, node);
});
after(async () => {
  if (world === undefined) return;
  const { controllers, collectors, network, cgroups, authority } = world;
  await Promise.all([...controllers.values()].map((controller) => controller.stop('SIGKILL')));
  await Promise.all([...collectors.values()].map((collector) => collector.stop()));
  network.remove();
  cgroups.remove();
  authority.remove();
});

async function startCollector(
  { network, authority, cgroups, collectors }: World,
  node: string,
  { host = node, address = network.address(host), folder = mkdtempSync(join(tmpdir(), 'wca-collector-')) } = {},
): Promise<void> {
  const { certPath, keyPath } = authority.issue(node, { names: `IP:${address}` });
  cgroups.add(`${node}/task`);
  const args = [
    ...['--tls-listen', `${address}:${port}`, '--tls-cert', certPath, '--tls-key', keyPath],
    ...['--tls-client-ca', authority.caPath, '--operator', 'tls:control.example'],
    ...['--allocate-below', `${cgroups.root}/${node}`],
  ];
  collectors.set(node, await CollectorProcess.start({ inside: network.inside(host), args, folder }));
}

/** A controller follows one collector, so each node has one; all are on the host "control". */
function startController(
  { network, authority, controllers }: World,
  node: string,
  { config, address = network.address(node) }: { readonly config: readonly string[]; readonly address?: string },
): void {
  const { certPath, keyPath } = authority.issue('control', { names: 'DNS:control.example' });
  const controller = new ControllerProcess({
    inside: network.inside('control'),
    collector: `tls:${address}:${port}`,
    args: ['--tls-ca', authority.caPath, '--tls-cert', certPath, '--tls-key', keyPath],
    config: `${config.join('\n')}\n`,
  });
  controllers.set(node, controller);
}

function measurement({ cgroups }: World, node: string): readonly string[] {
  return [
    '!MeasurementRunner',
    `  interval: ${intervalMs / 1000}`,
    `  node: !StaticNode {tasks: [${cgroups.root.slice(1)}/${node}/task]}`,
    '  metrics_storage: !LogStorage {output_filename: metrics.prom, overwrite: true}',
  ];
}

function measuring(at: World, node: string): readonly string[] {
  return [`runner: ${measurement(at, node).join('\n')}`];
}

function allocating(at: World, node: string): readonly string[] {
  return [
    'runner: !AllocationRunner',
    `  measurement_runner: ${measurement(at, node).join('\n  ')}`,
    '  allocator: !StaticAllocator {rules: [{allocations: {cpu_shares: 0.25}}]}',
    '  allocations_storage: !LogStorage {output_filename: allocations.prom, overwrite: true}',
    '  anomalies_storage: !LogStorage {output_filename: anomalies.prom, overwrite: true}',
    `  lease_seconds: ${(leasesMs[node] ?? 0) / 1000}`,
  ];
}

/** The weight of a node's task, as the kernel has it. */
function weightOf({ cgroups }: World, node: string): string {
  const path = `${cgroups.root}/${node}/task`;
  const file = cgroups.file(path, 'cpu.shares') ?? cgroups.file(path, 'cpu.weight');
  return file === undefined ? 'none' : readFileSync(file, 'utf8').trim();
}

/** What a new cgroup has, on v1 and v2. */
const originals = ['1024', '100'];

function isAllocated(at: World, node: string): boolean {
  return !originals.includes(weightOf(at, node));
}

function controllerOf({ controllers }: World, node: string): ControllerProcess {
  const controller = controllers.get(node);
  assert.ok(controller !== undefined, node);
  return controller;
}

/** How the session with a node's collector goes. */
async function sessionOf(at: World, node: string): Promise<Session> {
  const { collectors } = await controllerOf(at, node).status();
  const address = `:${port}`;
  const session = collectors.find((candidate) => candidate.address.endsWith(address));
  assert.ok(session !== undefined, `no session with ${node}`);
  return session;
}

/** Waits until the values of a node are in force; ms it took. */
function hold(at: World, node: string, limitMs = 20_000): Promise<number> {
  return timed(controllerOf(at, node).until(() => isAllocated(at, node), Boolean, limitMs));
}

async function timed(promise: Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await promise;
  return Math.round(performance.now() - startMs);
}

/** How often the controller of a node said since `from` characters of its log that the collector is in trouble, and not. */
function episodesOf(at: World, node: string, from = 0): { readonly began: number; readonly ended: number } {
  const log = controllerOf(at, node).log.slice(from);
  const count = (pattern: RegExp): number => [...log.matchAll(pattern)].length;
  return { began: count(/trouble with collector tls:/g), ended: count(/collector tls:\S+ works again/g) };
}

/** Time of the first line of a log that contains a text, ms. */
function saidMs(log: string, text: string): number {
  const line = log.split('\n').find((candidate) => candidate.includes(text));
  assert.ok(line !== undefined, text);
  return Date.parse(JSON.parse(line).time);
}

/** How long the host "control" needs to make a TCP connection: a round trip. */
function roundTripMs({ network }: World, node: string): number {
  const program = `const t=performance.now();const s=require('net').connect(${port},'${network.address(node)}',()=>{
    console.log(performance.now()-t);s.destroy()})`;
  const [command = '', ...args] = [...network.inside('control'), process.execPath, '-e', program];
  return Number(execFileSync(command, args, { encoding: 'utf8' }));
}

/** Snapshots that came since `first`: one an interval, on the same attachment, none lost. */
async function assertSteady(at: World, node: string, first: Session, sinceMs: number): Promise<string> {
  const last = await sessionOf(at, node);
  const grown = Number(last.snapshots) - Number(first.snapshots);
  const due = (performance.now() - sinceMs) / intervalMs;
  const told = `${node}: ${grown} snapshots in ${due.toFixed(1)} intervals`;
  assert.ok(grown > 0.8 * due - 2, told);
  assert.deepEqual([last.attaches, last.lost], [first.attaches, first.lost], node);
  return told;
}

/** A test on the running nodes. */
function scenario(name: string, body: (at: World, t: TestContext) => Promise<void>): void {
  test(name, { skip }, (t) => (world === undefined ? t.skip(String(skip)) : body(world, t)));
}

scenario('a node that is cut off gets its originals when the lease ends; others notice nothing', async (at, t) => {
  t.after(() => at.network.mend('node2'));
  const others = ['node1', 'node3'];
  const firsts = await Promise.all(others.map((node) => sessionOf(at, node)));
  const startMs = performance.now();
  const controller = controllerOf(at, 'node2');
  at.network.cut('node2');
  const returnedMs = await timed(controller.until(() => !isAllocated(at, 'node2'), Boolean));
  t.diagnostic(`the original came back after ${returnedMs} ms`);
  assert.ok(returnedMs < (leasesMs['node2'] ?? 0) + slackMs, `${returnedMs} ms`);
  for (const node of others) assert.ok(isAllocated(at, node), node);

  await sleep(3000);
  at.network.mend('node2');
  const againMs = await hold(at, 'node2', 20_000 + slackMs);
  t.diagnostic(`in force again ${againMs} ms after the link`);
  for (const [i, node] of others.entries()) {
    const first = firsts[i];
    if (first !== undefined) t.diagnostic(await assertSteady(at, node, first, startMs));
    assert.ok(isAllocated(at, node), node);
  }
});

scenario('a link of 200 ms each way: later, but in each interval, and none is lost', async (at, t) => {
  if (at.network.impairmentMeans === undefined) return t.skip('neither netem nor a C compiler is here');
  t.after(() => at.network.clear('node1'));
  await at.network.impair('node1', { delayMs: 200 });
  const tookMs = roundTripMs(at, 'node1');
  t.diagnostic(`${at.network.impairmentMeans}, a round trip of ${tookMs.toFixed(0)} ms`);
  assert.ok(tookMs >= 400, `${tookMs} ms`);
  const first = await sessionOf(at, 'node1');
  const startMs = performance.now();
  await sleep(8000);
  t.diagnostic(await assertSteady(at, 'node1', first, startMs));
  assert.ok(isAllocated(at, 'node1'));
});

scenario('a link that loses each fifth frame: measured on, and the lease does not flap', async (at, t) => {
  if (at.network.impairmentMeans === undefined) return t.skip('neither netem nor a C compiler is here');
  t.after(() => at.network.clear('node1'));
  const first = await sessionOf(at, 'node1');
  const repeated = at.network.retransmissions('node1');
  await at.network.impair('node1', { lossPercent: 20 });
  for (const startMs = performance.now(); performance.now() - startMs < 15_000; await sleep(50)) {
    assert.ok(isAllocated(at, 'node1'), 'the lease ended');
  }
  const last = await sessionOf(at, 'node1');
  const [grown, attaches] = [Number(last.snapshots) - Number(first.snapshots), Number(last.attaches)];
  const again = at.network.retransmissions('node1') - repeated;
  t.diagnostic(`${grown} snapshots in 30 intervals, ${attaches} attachments, ${again} segments sent again`);
  assert.ok(again > 0);
  assert.ok(grown > 5, `${grown} snapshots`);
});

scenario('a node that dies without a word is found dead, and attached to when it is back', async (at, t) => {
  const controller = controllerOf(at, 'node3');
  const from = controller.log.length;
  at.network.cut('node3');
  const dead = at.collectors.get('node3');
  assert.ok(dead !== undefined);
  const closed = once(dead.child, 'close');
  dead.child.kill('SIGKILL');
  await closed;
  at.network.forgetConnections('node3');
  at.network.cut('node3');
  const began = (): boolean => episodesOf(at, 'node3', from).began > 0;
  const foundMs = await timed(controller.until(began, Boolean, 60_000));
  t.diagnostic(`found after ${foundMs} ms: ${(await sessionOf(at, 'node3')).error?.message}`);
  assert.ok(foundMs < keepaliveMs + slackMs, `${foundMs} ms`);
  const answerMs = await timed(controller.status());
  assert.ok(answerMs < slackMs, `the controller hangs for ${answerMs} ms`);

  await sleep(5000);
  // With the ledger of the dead one, which knows the original.
  await startCollector(at, 'node3', { folder: dead.folder });
  at.network.mend('node3');
  const ended = (): boolean => episodesOf(at, 'node3', from).ended > 0;
  const againMs = await timed(controller.until(ended, Boolean, 60_000));
  t.diagnostic(`attached ${againMs} ms after it is back`);
  assert.ok(againMs < attemptMs + slackMs, `${againMs} ms`);
  assert.deepEqual(episodesOf(at, 'node3', from), { began: 1, ended: 1 }, controller.log.slice(from));
  const status = await at.collectors.get('node3')?.statusWhere(({ leases }) => leases.length > 0);
  assert.equal(status?.leases[0]?.peer, `control.example at ${at.network.address('control')}`);
});

scenario('a node that never answered is said to be unreachable, tried again and again, and found', async (at, t) => {
  const controller = controllerOf(at, 'late');
  const { log } = controller;
  const afterMs = saidMs(log, 'trouble with collector') - saidMs(log, 'controller started');
  t.diagnostic(`said after ${afterMs} ms: ${(await sessionOf(at, 'late')).error?.message}`);
  assert.ok(afterMs < 10_000 + slackMs, `${afterMs} ms`);
  const { errorCounts } = await controller.status();
  const tried = Number(errorCounts.find(({ source }) => source === 'collector')?.count);
  t.diagnostic(`${tried} attempts in ${Math.round((Date.now() - saidMs(log, 'controller started')) / 1000)} s`);
  assert.ok(tried >= 2, JSON.stringify(errorCounts));

  const address = '10.99.1.1';
  at.network.addAddress('node1', address);
  await startCollector(at, 'late', { host: 'node1', address });
  const ended = (): boolean => episodesOf(at, 'late').ended > 0;
  const foundMs = await timed(controller.until(ended, Boolean, 60_000));
  t.diagnostic(`found ${foundMs} ms after it answers`);
  assert.ok(foundMs < attemptMs + slackMs, `${foundMs} ms`);
  assert.deepEqual(episodesOf(at, 'late'), { began: 1, ended: 1 }, controller.log);
});
