import type { Column } from '../../../shared/rpc/watch-messages.ts';
import type { FieldNamer, FieldTableOptions } from './field-table.ts';

/** What belongs to a whole node has this for a zone. */
const perNodeZone = 'per-node-stats';

/**
 * /proc/zoneinfo (mm/vmstat.c, zoneinfo_show; for root only). Every `name value` field, in pages or events:
 *
 *     Node 0, zone      DMA
 *       per-node stats
 *           nr_mapped    2763
 *       pages free     3840
 *             min      46
 *             protection: (0, 1900, 5400)
 *
 * is `nr_mapped` of node 0, zone per-node-stats (4.8 and later), `free` and `min` of node 0, zone DMA. Lines with a
 * colon are no fields: those of the CPUs' page lists among them, which change with the CPUs.
 */
export const zoneinfoTable: FieldTableOptions<Column> = { style: 'indented', createNamer: () => new ZoneNamer() };

class ZoneNamer implements FieldNamer<Column> {
  #node: string | undefined;
  #zone = '';
  #isPerNode = false;

  heading(text: string): void {
    if (text.startsWith(' ')) {
      this.#isPerNode = true;
      return;
    }
    const [, node, zone] = /^Node +(\d{1,5}), zone +(\S+)$/.exec(text) ?? [];
    this.#node = node;
    this.#zone = zone ?? '';
    this.#isPerNode = false;
  }

  field(key: string, lead: string): { readonly id: string; readonly column: Column } | undefined {
    // `  pages free` is the first field of the zone itself.
    if (lead.trimStart() !== '') this.#isPerNode = false;
    if (this.#node === undefined) return undefined;
    const labels = { numa_node: this.#node, zone: this.#isPerNode ? perNodeZone : this.#zone, key };
    const column: Column = { metric: 'platform_zoneinfo', labels, kind: 'u64', divisor: 1 };
    return { id: `${labels.numa_node} ${labels.zone} ${key}`, column };
  }
}
