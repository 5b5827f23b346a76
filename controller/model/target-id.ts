import { createHash } from 'node:crypto';
import { limits } from '../../shared/rpc/limits.ts';

/** The id under which a task is a target of the collector: its own, or a digest where that is too long. */
export function targetIdOf(taskId: string): string {
  if (Buffer.byteLength(taskId) <= limits.maxIdBytes) return taskId;
  return `sha256:${createHash('sha256').update(taskId).digest('hex')}`;
}
