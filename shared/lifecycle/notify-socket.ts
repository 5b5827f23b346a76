import { createRequire } from 'node:module';
import type koffi from 'koffi';
import { toWcaError, WcaError } from '../errors/wca-error.ts';
import { chooseWatchdogMs, type SendNotify, Supervisor } from './notify.ts';

/**
 * Node has no datagram sockets of the family AF_UNIX, so the message goes through the C library. `systemd-notify` would do
 * for READY=1, but not for a watchdog: one process every few seconds, and a unit that takes messages from any of its own.
 */

const afUnix = 1;
/** SOCK_DGRAM | SOCK_CLOEXEC; include/linux/net.h, the same on all architectures koffi's binaries are for. */
const datagram = 2 | 0o2000000;
/** MSG_DONTWAIT | MSG_NOSIGNAL: a service manager that does not read must not hold the event loop. */
const sendFlags = 0x40 | 0x4000;
/** sizeof(sun_path); unix(7). */
const maxPathBytes = 108;

const libraries = ['libc.so.6', `libc.musl-${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}.so.1`];

/**
 * The address NOTIFY_SOCKET as struct sockaddr_un: an absolute path, or `@name` in the abstract name space. Undefined for
 * anything else, such as `vsock:2:1`. Pure.
 */
export function encodeNotifyAddress(socket: string): Buffer | undefined {
  const name = Buffer.from(socket, 'utf8');
  if (!/^[/@]./s.test(socket) || socket.includes('\0') || name.length >= maxPathBytes) return undefined;
  const address = Buffer.alloc(2 + name.length + (socket.startsWith('/') ? 1 : 0));
  if (new Uint8Array(new Uint16Array([afUnix]).buffer)[0] === afUnix) address.writeUInt16LE(afUnix, 0);
  else address.writeUInt16BE(afUnix, 0);
  name.copy(address, 2);
  if (socket.startsWith('@')) address[2] = 0;
  return address;
}

/**
 * Whoever supervises this process, by NOTIFY_SOCKET and WATCHDOG_USEC of its environment. Throws INVALID_ARGUMENT for an
 * address it does not understand and FEATURE_ABSENT where koffi's module is missing: the service would be ended by its
 * start timeout otherwise, and nobody would know why.
 */
export function connectSupervisor(env: NodeJS.ProcessEnv, pid: number): Supervisor {
  const socket = env['NOTIFY_SOCKET'];
  if (socket === undefined || socket === '') return new Supervisor(undefined, undefined);
  const address = encodeNotifyAddress(socket);
  if (address === undefined) {
    throw new WcaError('INVALID_ARGUMENT', {
      subject: 'NOTIFY_SOCKET',
      message: `is neither an absolute path nor an abstract socket: ${JSON.stringify(socket.slice(0, 200))}`,
      remedy: 'start it under systemd with Type=notify, or without NOTIFY_SOCKET',
    });
  }
  try {
    return new Supervisor(openSender(address), chooseWatchdogMs(env, pid));
  } catch (thrown) {
    throw toWcaError(thrown, 'koffi, to notify systemd', 'FEATURE_ABSENT');
  }
}

function openSender(address: Buffer): SendNotify {
  const ffi: typeof koffi = createRequire(import.meta.url)('koffi');
  const library = loadFirst(ffi);
  const socket = library.func('socket', 'int', ['int', 'int', 'int']);
  const sendto = library.func('sendto', 'long', ['int', 'void *', 'ulong', 'int', 'void *', 'uint']);
  const fd = Number(socket(afUnix, datagram, 0));
  if (fd < 0) throw new Error(`socket(AF_UNIX, SOCK_DGRAM): errno ${ffi.errno()}`);
  return (message) => {
    const bytes = Buffer.from(message, 'utf8');
    return Number(sendto(fd, bytes, bytes.length, sendFlags, address, address.length)) === bytes.length;
  };
}

function loadFirst(ffi: typeof koffi): ReturnType<typeof koffi.load> {
  let last: unknown;
  for (const name of libraries) {
    try {
      return ffi.load(name);
    } catch (thrown) {
      last = thrown;
    }
  }
  throw last;
}
