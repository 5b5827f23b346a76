import type { AllocationType } from '../../../shared/allocation/values.ts';
import { type Reading, WcaError } from '../../../shared/errors/wca-error.ts';
import { readChildren, topFolder } from '../../kernel/cgroup/folder.ts';
import type { CgroupLayout, Hierarchy } from '../../kernel/cgroup/layout.ts';
import { pathBelowMount } from '../../kernel/cgroup/path.ts';
import type { KnobId, KnobSession } from '../knob.ts';
import type { DesiredKnob } from '../ports.ts';
import type { UnitWriter } from './unit-writer.ts';

export interface SiteParts {
  readonly layout: CgroupLayout;
  readonly units: UnitWriter | undefined;
  /** Whether controllers may be enabled down the tree of cgroup v2. */
  readonly enableControllers: boolean;
}

type FileId = Extract<KnobId, { readonly kind: 'cgroup' }>;

/** Cgroups below one in which values are set too; more are left. */
const maxBelow = 1_000;

/** Where control files of targets are. */
export class CgroupSite {
  readonly #parts: SiteParts;

  constructor(parts: SiteParts) {
    this.#parts = parts;
  }

  /** The hierarchy of a controller; FEATURE_ABSENT without. */
  hierarchy(controller: string): Reading<Hierarchy> {
    const found = this.#parts.layout.controller(controller);
    if (found !== undefined) return { ok: true, value: found };
    const message = `no mounted cgroup hierarchy has the controller ${controller}`;
    return { ok: false, error: new WcaError('FEATURE_ABSENT', { subject: controller, message }) };
  }

  /** A control file of a cgroup, whether it is there or not. CGROUP_GONE. */
  file({ name }: Hierarchy, path: string, file: string, session: KnobSession): Reading<FileId> {
    const inode = session.readInode(name, path);
    if (!inode.ok) return inode;
    return { ok: true, value: { kind: 'cgroup', hierarchy: name, path, inode: inode.value, file } };
  }

  /**
   * Controllers that have to be enabled so that a file comes into being; none when it is there or its unit's manager
   * brings it. FEATURE_ABSENT that says what to write where.
   */
  missingControllers(
    type: AllocationType,
    { hierarchy, path }: { readonly hierarchy: Hierarchy; readonly path: string },
    controller: string,
    session: KnobSession,
  ): Reading<readonly DesiredKnob[]> {
    if (hierarchy.version === 1 || path === '/' || path === hierarchy.root) return { ok: true, value: [] };
    if (this.#parts.units?.unitOf(hierarchy.name, path) !== undefined) return { ok: true, value: [] };
    const missing: DesiredKnob[] = [];
    for (const ancestor of ancestorsOf(path)) {
      if (pathBelowMount(hierarchy, ancestor) === undefined) continue;
      const inode = session.readInode(hierarchy.name, ancestor);
      if (!inode.ok) return inode;
      const id = { kind: 'controller', path: ancestor, inode: inode.value, controller } as const;
      const state = session.read(id);
      if (!state.ok) return state;
      if (state.value === 'off') missing.push({ type, id, text: 'on' });
    }
    if (missing.length === 0 || this.#parts.enableControllers) return { ok: true, value: missing };
    const files = missing.map(
      ({ id }) => `${hierarchy.mountPoint}${'path' in id && id.path !== '/' ? id.path : ''}/cgroup.subtree_control`,
    );
    return {
      ok: false,
      error: new WcaError('FEATURE_ABSENT', {
        subject: `${path} ${type}`,
        message: `the controller ${controller} is not enabled down to it, and the policy of the collector does not let it enable controllers`,
        remedy: `write +${controller} to ${files.join(', then to ')}; or "enable_controllers": true in the policy`,
      }),
    };
  }

  /** A cgroup and those below it, on a hierarchy, at most 1000. */
  withBelow(hierarchy: Hierarchy, path: string): readonly string[] {
    const below = pathBelowMount(hierarchy, path);
    if (below === undefined) return [path];
    const top = topFolder(hierarchy);
    const all = [{ ...top, path, folder: below === '' ? top.folder : `${top.folder}/${below}` }];
    for (const one of all) {
      if (all.length < maxBelow) all.push(...readChildren(one, maxBelow - all.length));
    }
    return all.map((one) => one.path);
  }
}

/** From the root down to the parent. */
function ancestorsOf(path: string): readonly string[] {
  const segments = path.split('/').slice(1, -1);
  return ['/', ...segments.map((_, i) => `/${segments.slice(0, i + 1).join('/')}`)];
}
