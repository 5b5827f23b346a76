import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, portOpens } from './ports.ts';
import { skipWithout } from './tools.ts';

const version = '3.9.1';
const cache = join(homedir(), '.cache', 'wca-brokers', `kafka-${version}`);

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>wca.test</groupId><artifactId>broker</artifactId><version>1</version><dependencies>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${version}</version></dependency>
<dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version></dependency>
</dependencies></project>
`;

/** Why there can be no real broker here, as the reason for a test to skip. Downloads Kafka from Maven Central once. */
export function skipWithoutKafka(): string | false {
  const missing = skipWithout('java') || skipWithout('kcat');
  if (missing !== false || existsSync(cache)) return missing;
  const noMaven = skipWithout('mvn');
  if (noMaven !== false) return noMaven;
  try {
    downloadKafka();
    return false;
  } catch (thrown) {
    if (process.env['WCA_TEST_REQUIRE_TOOLS'] !== undefined) throw thrown;
    return `Kafka cannot be downloaded: ${String(thrown).slice(0, 200)}`;
  }
}

function downloadKafka(): void {
  mkdirSync(join(cache, '..'), { recursive: true });
  const folder = mkdtempSync(`${cache}-`);
  writeFileSync(join(folder, 'pom.xml'), pom);
  const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${join(folder, 'jars')}`];
  execFileSync('mvn', ['-q', '-B', '-f', join(folder, 'pom.xml'), ...goal], { stdio: 'pipe', timeout: 300_000 });
  renameSync(folder, cache);
}

export interface BrokerWishes {
  /** Lines of server.properties beside the usual ones. */
  readonly properties?: Readonly<Record<string, string>>;
  /** Protocol of the listener for clients. */
  readonly protocol?: 'PLAINTEXT' | 'SASL_SSL';
  /** A user of SCRAM-SHA-256. */
  readonly scramUser?: { readonly name: string; readonly password: string };
}

/** A real Kafka broker, one node in KRaft mode, on ports of its own; its data survives `kill` and `start`. */
export class KafkaBroker {
  readonly folder = mkdtempSync(join(tmpdir(), 'wca-kafka-'));
  readonly port: number;
  readonly #properties: string;
  readonly #formatArguments: readonly string[];
  #child: ChildProcess | undefined;

  private constructor(ports: { readonly client: number; readonly controller: number }, wishes: BrokerWishes) {
    this.port = ports.client;
    const { protocol = 'PLAINTEXT', properties = {}, scramUser: user } = wishes;
    const scram = user === undefined ? [] : ['-S', `SCRAM-SHA-256=[name=${user.name},password=${user.password}]`];
    this.#formatArguments = ['-t', 'MkU3OEVBNTcwNTJENDM2Qk', ...scram];
    this.#properties = join(this.folder, 'server.properties');
    const all = {
      'process.roles': 'broker,controller',
      'node.id': '1',
      'controller.quorum.voters': `1@127.0.0.1:${ports.controller}`,
      listeners: `CLIENT://127.0.0.1:${ports.client},CONTROLLER://127.0.0.1:${ports.controller}`,
      'listener.security.protocol.map': `CLIENT:${protocol},CONTROLLER:PLAINTEXT`,
      'inter.broker.listener.name': 'CLIENT',
      'controller.listener.names': 'CONTROLLER',
      'log.dirs': join(this.folder, 'data'),
      'offsets.topic.replication.factor': '1',
      'offsets.topic.num.partitions': '1',
      'num.partitions': '1',
      // A broker that was killed is let in again soon.
      'broker.session.timeout.ms': '2000',
      'broker.heartbeat.interval.ms': '500',
      ...properties,
    };
    const lines = Object.entries(all).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(this.#properties, lines.join(''));
  }

  static async create(wishes: BrokerWishes = {}): Promise<KafkaBroker> {
    return new KafkaBroker({ client: await freePort(), controller: await freePort() }, wishes);
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Resolves when it takes connections. */
  async start(): Promise<void> {
    if (!existsSync(join(this.folder, 'data'))) {
      const format = ['format', ...this.#formatArguments, '-c', this.#properties];
      execFileSync('java', [...javaOptions(), 'kafka.tools.StorageTool', ...format], { stdio: 'pipe' });
    }
    const child = spawn('java', [...javaOptions(), 'kafka.Kafka', this.#properties], { stdio: 'ignore' });
    this.#child = child;
    await portOpens(this.port, () => child.exitCode === null);
  }

  /** As if its host went down. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** All messages of a topic so far, read by librdkafka; each ends where the next begins. `options` are kcat's. */
  read(topic: string, options: readonly string[] = []): readonly Buffer[] {
    const args = ['-b', this.address, '-C', '-t', topic, '-o', 'beginning', '-e', '-q', '-f', '%S %s', ...options];
    const out = execFileSync('kcat', args, { maxBuffer: 1 << 28, timeout: 60_000, stdio: ['ignore', 'pipe', 'pipe'] });
    const messages: Buffer[] = [];
    for (let at = 0; at < out.length; ) {
      const gap = out.indexOf(' ', at);
      const end = gap + 1 + Number(out.toString('latin1', at, gap));
      messages.push(out.subarray(gap + 1, end));
      at = end;
    }
    return messages;
  }
}

function javaOptions(): readonly string[] {
  const jars = join(cache, 'jars');
  if (readdirSync(jars).length === 0) throw new Error(`${jars} is empty`);
  // As little as a broker needs: tests share the machine.
  return ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', join(jars, '*')];
}
