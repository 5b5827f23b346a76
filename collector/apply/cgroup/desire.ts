import type { AllocationType, ValueOf } from '../../../shared/allocation/values.ts';
import { type Reading, WcaError } from '../../../shared/errors/wca-error.ts';
import type { Hierarchy } from '../../kernel/cgroup/layout.ts';
import type { KnobSession } from '../knob.ts';
import type { AllocationTarget, DesiredKnob } from '../ports.ts';
import type { CgroupSite } from './site.ts';
import type { UnitWriter } from './unit-writer.ts';

/** What the host has, as of now. */
export interface HostIds {
  /** Online CPUs, ascending. */
  readonly cpus: readonly number[];
  /** Nodes with memory, ascending. */
  readonly nodes: readonly number[];
}

export interface TranslateParts {
  readonly site: CgroupSite;
  readonly units: UnitWriter | undefined;
  readonly readIds: () => HostIds;
  readonly pageSizeBytes: number;
  /** `6.1.0-18-amd64`. */
  readonly kernel: string;
}

/** A wish on its way to knobs. */
export interface Job<T extends AllocationType> {
  readonly target: AllocationTarget;
  readonly value: ValueOf<T>;
  readonly session: KnobSession;
  readonly parts: TranslateParts;
}

export type Translated = Reading<readonly DesiredKnob[]>;

/** A control file of the wish. */
export interface FileText {
  readonly path: string;
  readonly file: string;
  readonly text: string;
}

interface Desire {
  readonly type: AllocationType;
  readonly hierarchy: Hierarchy;
  readonly controller: string;
  readonly texts: readonly FileText[];
  readonly target: AllocationTarget;
  readonly session: KnobSession;
  readonly site: CgroupSite;
}

/** The files as knobs, after the controllers that bring them. A container that ended meanwhile is left out. */
export function desire({ type, hierarchy, controller, texts, target, session, site }: Desire): Translated {
  const controllers = new Map<string, DesiredKnob>();
  const files: DesiredKnob[] = [];
  for (const { path, file, text } of texts) {
    const id = site.file(hierarchy, path, file, session);
    if (!id.ok && path !== target.path && id.error.code === 'CGROUP_GONE') continue;
    if (!id.ok) return id;
    const found = session.read(id.value);
    if (!found.ok && found.error.code === 'FEATURE_ABSENT') {
      const missing = site.missingControllers(type, { hierarchy, path }, controller, session);
      if (!missing.ok) return missing;
      for (const knob of missing.value) controllers.set(JSON.stringify(knob.id), knob);
      const isManaged = missing.value.length === 0 && hierarchy.version === 1;
      if (isManaged) return found;
    } else if (!found.ok && path === target.path) return found;
    files.push({ type, id: id.value, text });
  }
  return { ok: true, value: [...controllers.values(), ...files] };
}

/** INVALID_ARGUMENT about a value. */
export function invalid(target: AllocationTarget, type: AllocationType, message: string, remedy?: string): Translated {
  const subject = `${target.path} ${type}`;
  return {
    ok: false,
    error: new WcaError('INVALID_ARGUMENT', { subject, message, ...(remedy === undefined ? {} : { remedy }) }),
  };
}
