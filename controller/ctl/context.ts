import { toWcaError, type WcaError } from '../../shared/errors/wca-error.ts';
import { parseCollectorAddress } from '../../shared/rpc/collector-address.ts';
import type { Contract } from '../../shared/rpc/proto.ts';
import { checkClientFiles } from '../../shared/tls/client-files.ts';
import { chooseStyle, paint, type Style } from '../terminal/style.ts';
import { cleanText } from '../terminal/text-width.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import { listTasksOn } from './host-tasks.ts';
import { toDocument } from './json.ts';
import { CollectorPeer, ControllerPeer, type Tasks } from './peers.ts';
import { parseAddress } from './unreachable.ts';

/** The options every command takes, as yargs gives them. */
export interface GlobalArgs {
  readonly collector: string;
  readonly 'tls-ca'?: string | undefined;
  readonly 'tls-cert'?: string | undefined;
  readonly 'tls-key'?: string | undefined;
  readonly controller: string;
  readonly output: 'table' | 'json';
  /** Seconds. */
  readonly timeout: number;
  readonly color: boolean;
}

/** What a command works with: where to write, how it may look, whom to ask. */
export class CommandContext {
  readonly args: GlobalArgs;
  readonly style: Style;
  readonly contract: Contract;
  /** What to do when the reader of stdout has enough (`wca-ctl metrics | head`): that is no failure. */
  onBrokenPipe: () => void = () => process.exit(exitCodes.ok);
  readonly #closers: (() => void)[] = [];

  constructor(args: GlobalArgs, contract: Contract) {
    this.args = args;
    this.contract = contract;
    this.style = styleOf(process.stdout, args);
  }

  get json(): boolean {
    return this.args.output === 'json';
  }

  get timeoutMs(): number {
    return this.args.timeout * 1000;
  }

  collector(address = this.args.collector): CollectorPeer {
    const { 'tls-ca': ca, 'tls-cert': cert, 'tls-key': key } = this.args;
    const { text, tls } = parseCollectorAddress(address.startsWith('/') ? `unix:${address}` : address);
    const peer = new CollectorPeer({
      client: this.contract.createCollectorClient(text, tls ? checkClientFiles({ ca, cert, key }) : undefined),
      address: text,
      timeoutMs: this.timeoutMs,
    });
    this.#closers.push(() => peer.close());
    return peer;
  }

  controller(address = this.args.controller): ControllerPeer {
    const peer = new ControllerPeer({
      contract: this.contract,
      address: parseAddress(address, '--controller'),
      timeoutMs: this.timeoutMs,
    });
    this.#closers.push(() => peer.close());
    return peer;
  }

  /** The tasks that the controller has on the host of the collector. */
  listTasks(): Promise<Tasks> {
    const { collector } = this.args;
    const { text } = parseCollectorAddress(collector.startsWith('/') ? `unix:${collector}` : collector);
    return listTasksOn(this.controller(), text);
  }

  /** Lines of a table on stdout. */
  writeLines(lines: readonly string[]): void {
    if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
  }

  /** One JSON document on stdout. */
  writeDocument(message: unknown): void {
    process.stdout.write(`${JSON.stringify(toDocument(message), undefined, 2)}\n`);
  }

  /** One line on stderr: what a person should know and a program should not read. */
  note(text: string): void {
    process.stderr.write(`wca-ctl: ${cleanText(text)}\n`);
  }

  close(): void {
    for (const close of this.#closers) close();
  }
}

/** Does the work of a command and answers its exit status. */
export type CommandBody = (context: CommandContext) => Promise<number>;

/** Runs the body of a command; an error is told once and becomes the exit status. */
export async function runCommand(args: GlobalArgs, body: CommandBody): Promise<void> {
  // Loaded here, not at the top: help and completion do without gRPC.
  const { loadContract } = await import('../../shared/rpc/proto.ts');
  const context = new CommandContext(args, loadContract());
  process.stdout.on('error', () => context.onBrokenPipe());
  try {
    process.exitCode = await body(context);
  } catch (thrown) {
    const error = toWcaError(thrown, 'wca-ctl');
    if (context.json) context.writeDocument({ error: errorDocument(error) });
    process.stderr.write(`${formatFailure(error, styleOf(process.stderr, args))}\n`);
    process.exitCode = exitCodeOf(error);
  } finally {
    context.close();
  }
}

/** `wca-ctl: collector at unix:/run/wca/collector.sock: not running` and the remedy on a line of its own. */
export function formatFailure(error: WcaError, style: Style): string {
  // Several problems are told on a line each.
  const lines = `${error.subject}: ${error.message}`.split('\n').map(cleanText);
  const what = `${paint('wca-ctl:', 'bad', style)} ${lines.join('\n')}`;
  const remedy = error.remedy === undefined ? '' : `\n  ${paint('remedy:', 'faint', style)} ${cleanText(error.remedy)}`;
  const bug = error.code === 'INTERNAL' && error.cause instanceof Error ? `\n${error.cause.stack ?? ''}` : '';
  return what + remedy + bug;
}

/** A WcaError in the shape of the contract's Error message. */
export function errorDocument(error: WcaError): Readonly<Record<string, string>> {
  const { code, subject, message, remedy = '', errno = '' } = error;
  return { code, subject, message, remedy, errno };
}

function styleOf(stream: NodeJS.WriteStream, args: GlobalArgs): Style {
  const { isTTY, columns } = stream;
  return chooseStyle({ isTerminal: isTTY === true, columns, env: process.env, noColour: !args.color });
}
