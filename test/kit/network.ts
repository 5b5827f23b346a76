import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from './package-root.ts';
import { skipWithout } from './tools.ts';

const prefix = 'wca-net-';

/** How bad a link is, in each of its two directions. */
export interface Impairment {
  readonly delayMs?: number;
  readonly lossPercent?: number;
}

/** How a link is made bad: by the kernel's netem, or by a program that carries the frames. */
export type ImpairmentMeans = 'netem' | 'slow-wire';

interface Host {
  readonly namespace: string;
  readonly address: string;
  /** The end of its cable at the switch. */
  readonly port: string;
  wire: { readonly child: ChildProcess; readonly near: string } | undefined;
}

/**
 * Test hosts on one switch: each a network namespace of this kernel with one interface, its cable plugged into a bridge
 * in a namespace of its own. The host's own network is not touched, and all there is ends with the namespaces.
 */
export class TestNetwork {
  readonly #hosts = new Map<string, Host>();
  readonly #id = `${prefix}${process.pid}-${Math.random().toString(36).slice(2, 6)}`;
  readonly #switch = `${this.#id}-switch`;
  readonly #folder = mkdtempSync(join(tmpdir(), prefix));
  readonly #removeAtExit = (): void => this.remove();
  #program: string | undefined;
  #wires = 0;

  private constructor(names: readonly string[]) {
    process.once('exit', this.#removeAtExit);
    try {
      this.#addNamespace(this.#switch);
      this.#inSwitch('ip', 'link', 'add', 'bridge', 'type', 'bridge');
      this.#inSwitch('ip', 'link', 'set', 'bridge', 'up');
      for (const [i, name] of names.entries()) this.#plug(name, i);
    } catch (thrown) {
      this.remove();
      throw thrown;
    }
  }

  /** Why there can be none here; false when there can. */
  static skip(): string | false {
    if (process.geteuid?.() !== 0) return 'network namespaces need root';
    for (const program of ['ip', 'tc', 'nsenter']) {
      const missing = skipWithout(program);
      if (missing !== false) return missing;
    }
    const probe = `${prefix}${process.pid}-probe`;
    const made = spawnSync('ip', ['netns', 'add', probe], { encoding: 'utf8' });
    if (made.status !== 0) return `network namespaces cannot be made here: ${made.stderr.trim()}`;
    const kinds = ['veth peer name probe1', 'bridge'].map((kind, i) =>
      spawnSync('ip', ['-n', probe, 'link', 'add', `probe${2 * i}`, 'type', ...kind.split(' ')], { encoding: 'utf8' }),
    );
    spawnSync('ip', ['netns', 'delete', probe]);
    const refused = kinds.find(({ status }) => status !== 0);
    return refused === undefined ? false : `no virtual cables and bridges here: ${refused.stderr.trim()}`;
  }

  /** Hosts of these names, all linked. What earlier processes that were killed left behind is removed before. */
  static make(names: readonly string[]): TestNetwork {
    for (const namespace of namespaces()) {
      const pid = Number(namespace.slice(prefix.length).split('-')[0]);
      if (!isAlive(pid)) execFileSync('ip', ['netns', 'delete', namespace]);
    }
    return new TestNetwork(names);
  }

  /** By which means links can be made bad here; undefined: by none. */
  get impairmentMeans(): ImpairmentMeans | undefined {
    const probe = ['ip', 'netns', 'exec', this.#switch, 'tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'netem'];
    const [program = '', ...args] = probe;
    if (spawnSync(program, args, { stdio: 'ignore' }).status === 0) {
      this.#inSwitch('tc', 'qdisc', 'delete', 'dev', 'lo', 'root');
      return 'netem';
    }
    return skipWithout('cc') === false ? 'slow-wire' : undefined;
  }

  /** Its IPv4 address. */
  address(name: string): string {
    return this.#host(name).address;
  }

  /**
   * The beginning of a command line that runs a program on a host. Not `ip netns exec`: that mounts a /sys of its own,
   * without cgroups.
   */
  inside(name: string): readonly string[] {
    return ['nsenter', `--net=/run/netns/${this.#host(name).namespace}`];
  }

  /** Pulls the cable: what is on its way is lost, and nobody is told. */
  cut(name: string): void {
    this.#inSwitch('ip', 'link', 'set', this.#host(name).port, 'down');
  }

  mend(name: string): void {
    this.#inSwitch('ip', 'link', 'set', this.#host(name).port, 'up');
  }

  /** The host loses all its connections without a word, as by a power failure. What ran there has to be ended before. */
  forgetConnections(name: string): void {
    const { namespace, port } = this.#host(name);
    this.#inSwitch('ip', 'link', 'delete', port);
    execFileSync('ip', ['netns', 'delete', namespace]);
    this.#plug(name, [...this.#hosts.keys()].indexOf(name));
  }

  /** An address whose packets `from` sends to a host that swallows them: nobody ever answers, with nothing. */
  blackHole(from: string, behind: string): string {
    const address = '10.99.1.1';
    execFileSync('ip', ['-n', this.#host(from).namespace, 'route', 'add', address, 'via', this.address(behind)]);
    return address;
  }

  /** From now on a host has this address as well: the end of a black hole. */
  addAddress(name: string, address: string): void {
    execFileSync('ip', ['-n', this.#host(name).namespace, 'address', 'add', `${address}/32`, 'dev', 'lo']);
  }

  /** Segments that TCP on a host had to send again. */
  retransmissions(name: string): number {
    const [program = '', ...args] = [...this.inside(name), 'cat', '/proc/net/snmp'];
    const [names, values] = execFileSync(program, args, { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line.startsWith('Tcp:'))
      .map((line) => line.split(' '));
    return Number(values?.[names?.indexOf('RetransSegs') ?? -1]);
  }

  /** From now on the link is as bad as this, until `clear`. */
  async impair(name: string, { delayMs = 0, lossPercent = 0 }: Impairment): Promise<void> {
    const host = this.#host(name);
    if (this.impairmentMeans === 'netem') {
      const netem = ['netem', 'limit', '10000', 'delay', `${delayMs}ms`, 'loss', `${lossPercent}%`];
      this.#inSwitch('tc', 'qdisc', 'replace', 'dev', host.port, 'root', ...netem);
      execFileSync('tc', ['-n', host.namespace, 'qdisc', 'replace', 'dev', 'eth0', 'root', ...netem]);
      return;
    }
    await this.clear(name);
    this.#wires += 1;
    const [near, far] = [`near${this.#wires}`, `far${this.#wires}`];
    this.#inSwitch('ip', 'link', 'add', near, 'type', 'veth', 'peer', 'name', far);
    for (const end of [near, far]) this.#inSwitch('ip', 'link', 'set', end, 'up');
    const command = ['netns', 'exec', this.#switch, this.#compiled(), host.port, far];
    const child = spawn('ip', [...command, String(delayMs), String(lossPercent)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    host.wire = { child, near };
    await Promise.race([
      once(child.stdout, 'data'),
      once(child, 'close').then(() => Promise.reject(new Error('no wire'))),
    ]);
    this.#inSwitch('ip', 'link', 'set', host.port, 'nomaster');
    this.#inSwitch('ip', 'link', 'set', near, 'master', 'bridge');
  }

  /** The link is good again. */
  async clear(name: string): Promise<void> {
    const host = this.#host(name);
    // Without netem there is nothing to delete, which tc says with an error.
    spawnSync('tc', ['-n', this.#switch, 'qdisc', 'delete', 'dev', host.port, 'root'], { stdio: 'ignore' });
    spawnSync('tc', ['-n', host.namespace, 'qdisc', 'delete', 'dev', 'eth0', 'root'], { stdio: 'ignore' });
    if (host.wire === undefined) return;
    const { child, near } = host.wire;
    host.wire = undefined;
    await end(child);
    this.#inSwitch('ip', 'link', 'delete', near);
    this.#inSwitch('ip', 'link', 'set', host.port, 'master', 'bridge');
  }

  /** Removes everything. The processes inside have to be ended before. Idempotent. */
  remove(): void {
    process.off('exit', this.#removeAtExit);
    for (const { wire } of this.#hosts.values()) wire?.child.kill('SIGKILL');
    this.#hosts.clear();
    for (const namespace of namespaces()) {
      if (namespace.startsWith(`${this.#id}-`)) spawnSync('ip', ['netns', 'delete', namespace]);
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #plug(name: string, i: number): void {
    const namespace = `${this.#id}-${name}`;
    const [address, port] = [`10.99.0.${i + 1}`, `port${i + 1}`];
    this.#addNamespace(namespace);
    this.#inSwitch('ip', 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace);
    this.#inSwitch('ip', 'link', 'set', port, 'master', 'bridge', 'up');
    execFileSync('ip', ['-n', namespace, 'address', 'add', `${address}/24`, 'dev', 'eth0']);
    // The same each time, as a host that comes back has it: others remember it for most of a minute.
    execFileSync('ip', ['-n', namespace, 'link', 'set', 'eth0', 'address', `02:00:00:00:00:0${i + 1}`, 'up']);
    this.#hosts.set(name, { namespace, address, port, wire: undefined });
  }

  #addNamespace(namespace: string): void {
    execFileSync('ip', ['netns', 'add', namespace]);
    execFileSync('ip', ['-n', namespace, 'link', 'set', 'lo', 'up']);
    // A host that forwards would say that it knows no way. Some kernels copy this from the real host.
    execFileSync('ip', ['netns', 'exec', namespace, 'sh', '-c', 'echo 0 > /proc/sys/net/ipv4/ip_forward']);
  }

  #host(name: string): Host {
    const host = this.#hosts.get(name);
    if (host === undefined) throw new Error(`there is no host ${name}`);
    return host;
  }

  #inSwitch(...command: readonly string[]): void {
    execFileSync('ip', ['netns', 'exec', this.#switch, ...command]);
  }

  /** slow-wire.c, compiled. */
  #compiled(): string {
    if (this.#program !== undefined) return this.#program;
    const program = join(this.#folder, 'slow-wire');
    const source = join(packageRoot(), 'test', 'kit', 'programs', 'slow-wire.c');
    execFileSync('cc', ['-D_GNU_SOURCE', '-O2', '-o', program, source]);
    this.#program = program;
    return program;
  }
}

/** Those of test networks. */
function namespaces(): readonly string[] {
  try {
    return readdirSync('/run/netns').filter((name) => name.startsWith(prefix));
  } catch {
    return []; // there was never one
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}
