import type { AllocationHost } from '../../collector/allocation-host.ts';
import type {
  Actor,
  AllocateCall,
  AllocationRecord,
  AllocationService,
  AuditRecord,
  HoldCall,
  LeaseFacts,
  RestoreCall,
} from '../../collector/apply/allocation-service.ts';
import type { AllocationFacade } from '../../collector/service/allocation-requests.ts';
import type { TargetResult } from '../../shared/allocation/results.ts';
import { WcaError } from '../../shared/errors/wca-error.ts';

/** A collector that does not allocate. */
export const noAllocation: AllocationFacade = {
  ok: false,
  error: new WcaError('FEATURE_ABSENT', { subject: 'allocation', message: 'this host is a test' }),
};

export const noAllocationHost: AllocationHost = { facade: noAllocation, reader: undefined, types: [] };

/** Remembers what it is asked and answers that everything was applied. */
export class FakeAllocationService implements AllocationService {
  readonly calls: unknown[] = [];
  readonly leases: readonly LeaseFacts[] = [];
  readonly held: readonly string[] = ['/held'];
  readonly size = 3;
  audit: readonly AuditRecord[] = [];
  records: readonly AllocationRecord[] = [];
  readonly #listeners = new Set<(record: AuditRecord) => void>();

  get listeners(): number {
    return this.#listeners.size;
  }

  async allocate(call: AllocateCall): Promise<readonly TargetResult[]> {
    this.calls.push(call);
    return call.targets.map(({ target, values }) => ({
      targetId: target.id,
      error: undefined,
      values: values.map(({ type }) => ({ type, outcome: 'applied', error: undefined, writes: [] })),
    }));
  }

  renew(leaseId: string, ttlMs: number, actor: Actor): number {
    this.calls.push({ leaseId, ttlMs, actor });
    return 7;
  }

  async restore(call: RestoreCall): Promise<readonly TargetResult[]> {
    this.calls.push(call);
    return call.paths.map((path) => ({ targetId: path, error: undefined, values: [] }));
  }

  hold(call: HoldCall): readonly string[] {
    this.calls.push(call);
    return call.all ? ['/'] : call.paths;
  }

  list(paths: readonly string[]): readonly AllocationRecord[] {
    this.calls.push({ list: paths });
    return this.records;
  }

  revision(): number {
    return 0;
  }

  onAudit(listener: (record: AuditRecord) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A write happened. */
  tell(record: Partial<AuditRecord>): void {
    const whole: AuditRecord = {
      sequence: this.audit.length + 1,
      realtimeNs: 1_600_000_000_000_000_001n,
      peer: 'uid 7, pid 8',
      cause: 'allocate',
      path: '/a',
      type: 'cpu_quota',
      file: '/a cpu.max',
      before: 'max 100000',
      after: '50000 100000',
      error: undefined,
      requestId: 'r1',
      ...record,
    };
    this.audit = [...this.audit, whole];
    for (const listener of this.#listeners) listener(whole);
  }
}
