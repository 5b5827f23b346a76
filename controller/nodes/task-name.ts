import { WcaError } from '../../shared/errors/wca-error.ts';
import { limits } from '../../shared/rpc/limits.ts';

/** NAME_MAX. */
const maxSegmentBytes = 255;

/**
 * `/batch//job7/` → `batch/job7`, `/` → `/`: the original does not find the former (spec config W-27). Throws
 * INVALID_CONFIG for what the collector would refuse: it refuses the whole question then, with all other tasks. Pure.
 */
export function parseTaskName(text: string): string {
  const segments = text.split('/').filter((segment) => segment !== '');
  const name = segments.join('/');
  const fault = text === '' ? 'is empty' : faultOf(name, segments);
  if (fault === undefined) return name === '' ? '/' : name;
  throw new WcaError('INVALID_CONFIG', {
    subject: `task ${JSON.stringify(text.slice(0, 80))}`,
    message: fault,
    remedy: 'name the path of a cgroup below the root of the hierarchy, such as batch/job7',
  });
}

/** `batch/job7` → `/batch/job7`. */
export function pathOfTask(name: string): string {
  return name === '/' ? name : `/${name}`;
}

function faultOf(name: string, segments: readonly string[]): string | undefined {
  if (Buffer.byteLength(name) >= limits.maxPathBytes) return `is longer than ${limits.maxPathBytes - 1} bytes`;
  if (/[\0\n]/.test(name)) return 'contains NUL or a newline';
  const wrong = segments.find((segment) => segment === '.' || segment === '..');
  if (wrong !== undefined) return `contains the segment ${wrong}`;
  const long = segments.some((segment) => Buffer.byteLength(segment) > maxSegmentBytes);
  return long ? `has a segment longer than ${maxSegmentBytes} bytes` : undefined;
}
