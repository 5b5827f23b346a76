/** What lies at a path of the installed system. Folders follow from the paths. */
export type Entry =
  /** Path from / on, without the slash: `usr/bin/wca-ctl`. */
  | { readonly path: string; readonly mode: number; readonly kind: 'text'; readonly text: string }
  | { readonly path: string; readonly mode: number; readonly kind: 'copy'; readonly source: string };

/** A file whose text is known. */
export function textEntry(path: string, text: string, mode = 0o644): Entry {
  return { path, mode, kind: 'text', text };
}

/** A file as it is elsewhere. */
export function copyEntry(path: string, source: string, mode = 0o644): Entry {
  return { path, mode, kind: 'copy', source };
}
