import type { Component__Output as Component } from '../../shared/rpc/gen/wca/v1/Component.ts';
import type { Registry } from '../config/registry.ts';

/** A registry of what is built in. Loaded when it is asked for: nothing else of wca-ctl needs the components. */
export async function builtinRegistry(): Promise<Registry> {
  const [{ Registry: RegistryClass }, { builtinComponents }] = await Promise.all([
    import('../config/registry.ts'),
    import('../config/builtin.ts'),
  ]);
  const registry = new RegistryClass();
  for (const definition of builtinComponents()) registry.add(definition, 'built in');
  return registry;
}

/** The components of a registry as the contract's messages, sorted by name. */
export function describeComponents(registry: Registry): readonly Component[] {
  return registry.list().map(({ definition, source }) => ({
    name: definition.tag,
    kind: definition.kind,
    source,
    doc: definition.doc,
    parameters: [...definition.parameters].map(([name, { type, required, defaultText = '', doc, unit, notYet }]) => ({
      name,
      type: unit === undefined ? type : `${type} (${unit})`,
      required,
      defaultValue: defaultText,
      doc: notYet === undefined ? doc : `${doc} Not supported yet: ${notYet}`,
    })),
    error: null,
  }));
}
