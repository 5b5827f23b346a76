/**
 * struct perf_event_attr, version 5 (112 bytes); include/uapi/linux/perf_event.h. Offsets used: 0 type u32; 4 size u32;
 * 8 config u64; 32 read_format u64; 40 flag bits u64; 56 config1 u64. Everything else is zero: counting, no sampling.
 */

export const attrBytes = 112;

/** PERF_FORMAT_TOTAL_TIME_ENABLED | TOTAL_TIME_RUNNING | ID | GROUP. */
const readFormat = 15;
const flagDisabled = 1 << 0;
const flagExcludeGuest = 1 << 20;

export interface AttrOptions {
  /** PERF_TYPE_*: 0 hardware, 1 software, 4 raw. */
  readonly type: number;
  readonly config: bigint;
  readonly config1: bigint;
  /** A leader starts disabled and is enabled when its group is complete. */
  readonly disabled: boolean;
  /** PMUs of a socket cannot tell whose work it is and take no exclusion (EINVAL since Linux 5.0). */
  readonly countGuests?: boolean;
}

/**
 * Encodes an attribute. Unlike the original no `inherit`: it is for events of a task, an event of a cgroup counts the
 * tasks of the whole cgroup anyway (Linux 6.18: same counts of a task's children with and without it), and with a group
 * read it needs Linux 4.13. Guests of this host are not counted, unless `countGuests`.
 */
export function encodeAttr({ type, config, config1, disabled, countGuests = false }: AttrOptions): Buffer {
  const attr = Buffer.alloc(attrBytes);
  attr.writeUInt32LE(type, 0);
  attr.writeUInt32LE(attrBytes, 4);
  attr.writeBigUInt64LE(config, 8);
  attr.writeBigUInt64LE(BigInt(readFormat), 32);
  attr.writeBigUInt64LE(BigInt((disabled ? flagDisabled : 0) | (countGuests ? 0 : flagExcludeGuest)), 40);
  attr.writeBigUInt64LE(config1, 56);
  return attr;
}
