import type { Component__Output as Component } from '../../../shared/rpc/gen/wca/v1/Component.ts';
import type { Parameter__Output as Parameter } from '../../../shared/rpc/gen/wca/v1/Parameter.ts';
import { renderPairs, renderTable } from '../../terminal/render.ts';
import { paint, type Style } from '../../terminal/style.ts';
import { cleanText } from '../../terminal/text-width.ts';

/** One line a component. */
export function renderComponents(components: readonly Component[], style: Style): readonly string[] {
  const columns = [
    { title: 'NAME', align: 'left' },
    { title: 'KIND', align: 'left' },
    { title: 'SOURCE', align: 'left', minWidth: 8, dropOrder: 1 },
    { title: 'WHAT IT IS', align: 'left', minWidth: 20 },
  ] as const;
  const rows = components.map(({ name, kind, source, doc, error }) => [
    name,
    kind,
    source,
    error === null ? firstSentence(doc) : ({ text: `not loaded: ${error.message}`, paint: 'bad' } as const),
  ]);
  return renderTable(columns, rows, style);
}

/** Everything about one component. */
export function renderComponent(component: Component, style: Style): readonly string[] {
  const { name, kind, source, doc, error, parameters } = component;
  return [
    `${paint(`!${cleanText(name)}`, 'heading', style)}  ${cleanText(kind)}, ${cleanText(source)}`,
    ...renderPairs(
      [['', doc], ...(error === null ? [] : [['', { text: `not loaded: ${error.message}`, paint: 'bad' }] as const])],
      style,
    ),
    ...(parameters.length === 0
      ? ['', '  It has no parameters.']
      : parameters.flatMap((one) => renderParameter(one, style))),
  ];
}

function renderParameter({ name, type, required, defaultValue, doc }: Parameter, style: Style): readonly string[] {
  const necessity = required ? 'required' : `default ${defaultValue === '' ? 'null' : defaultValue}`;
  return [
    '',
    `  ${paint(cleanText(name), 'heading', style)}  ${cleanText(type)}, ${cleanText(necessity)}`,
    ...renderPairs([['', doc]], style),
  ];
}

/** `Serves the latest batch to Prometheus. A scrape measures nothing.` → the first of the two. */
function firstSentence(doc: string): string {
  return /^.*?\.(?=\s|$)/s.exec(doc)?.[0].replaceAll(/\s+/g, ' ') ?? doc;
}
