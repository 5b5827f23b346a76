import type { Component__Output as Component } from '../../shared/rpc/gen/wca/v1/Component.ts';
import type { Registry } from './registry.ts';

/** The components of a registry as the contract's messages, sorted by name. */
export function describeComponents(registry: Registry): Component[] {
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
