import type { PatternNode, Width } from './pattern.ts';

/** How many characters a node takes; `widthOfGroup` answers for references. */
export function widthOf(node: PatternNode, widthOfGroup: (index: number) => Width): Width {
  switch (node.type) {
    case 'character':
      return { min: 1, max: 1 };
    case 'position':
    case 'ahead':
    case 'behind':
      return { min: 0, max: 0 };
    case 'sequence':
      return node.items
        .map((item) => widthOf(item, widthOfGroup))
        .reduce((a, b) => ({ min: a.min + b.min, max: a.max + b.max }), { min: 0, max: 0 });
    case 'branch':
      return widest(node.options.map((option) => widthOf(option, widthOfGroup)));
    case 'repeat': {
      const { min, max } = widthOf(node.item, widthOfGroup);
      // 0 × Infinity would be NaN: what takes nothing takes nothing however often.
      return { min: min * node.min, max: max === 0 || node.max === 0 ? 0 : max * node.max };
    }
    case 'group':
      return widthOf(node.item, widthOfGroup);
    case 'reference':
      return widthOfGroup(node.index);
    case 'conditional':
      return widest([widthOf(node.yes, widthOfGroup), widthOf(node.no, widthOfGroup)]);
  }
}

function widest(widths: readonly Width[]): Width {
  return { min: Math.min(...widths.map(({ min }) => min)), max: Math.max(...widths.map(({ max }) => max)) };
}
