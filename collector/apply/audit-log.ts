import type { Clock } from '../../shared/lifecycle/clock.ts';
import { limits } from '../../shared/rpc/limits.ts';
import type { AuditRecord } from './allocation-service.ts';

/** Every write, the newest remembered. */
export class AuditLog {
  readonly #clock: Clock;
  readonly #records: AuditRecord[] = [];
  readonly #listeners = new Set<(record: AuditRecord) => void>();
  #sequence = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Oldest first. */
  get records(): readonly AuditRecord[] {
    return [...this.#records];
  }

  add(facts: Omit<AuditRecord, 'sequence' | 'realtimeNs'>): void {
    this.#sequence += 1;
    const record = { ...facts, sequence: this.#sequence, realtimeNs: this.#clock.realtimeNs() };
    this.#records.push(record);
    // In one go, for taking the first out of a long array moves all others.
    if (this.#records.length > 2 * limits.maxAuditRecords) this.#records.splice(0, limits.maxAuditRecords);
    for (const listener of this.#listeners) listener(record);
  }

  listen(listener: (record: AuditRecord) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
