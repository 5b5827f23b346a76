import type { Style } from '../terminal/style.ts';
import { Screen } from './screen.ts';
import { applyAction, parseKeys } from './top-keys.ts';
import { fitLine, renderKeys, renderTopScreen, renderTopTable, type TopState } from './views/top-view.ts';
import type { Usage } from './watch-usage.ts';

export interface LiveTableOptions {
  readonly style: Style;
  /** Lines above the table; asked for each frame. */
  head(style: Style): readonly string[];
  /** A line above the keys: the last trouble. */
  trouble(): string | undefined;
  /** `q`, Ctrl-C, or the terminal went away. */
  onQuit(): void;
}

/** The table of `top` on a terminal, drawn again at each usage, key and resize. */
export class LiveTable {
  readonly #options: LiveTableOptions;
  readonly #screen: Screen;
  #state: TopState = { sort: 'cpu', offset: 0 };
  #usage: Usage | undefined;

  constructor(options: LiveTableOptions) {
    this.#options = options;
    this.#screen = new Screen(process.stdout, process.stdin.isTTY ? process.stdin : undefined, {
      onKeys: (chunk) => this.#onKeys(chunk),
      onResize: () => this.redraw(),
      onLost: () => options.onQuit(),
    });
  }

  start(): void {
    this.#screen.enter();
    this.redraw();
  }

  show(usage: Usage): void {
    this.#usage = usage;
    this.redraw();
  }

  redraw(): void {
    const { width, height } = this.#screen.size;
    const style = { ...this.#options.style, width };
    const trouble = this.#options.trouble();
    const foot = [...(trouble === undefined ? [] : [fitLine(trouble, style)]), renderKeys(this.#state, style)];
    const head = this.#options.head(style);
    this.#screen.draw(renderTopScreen({ usage: this.#usage, state: this.#state, height, head, foot }, style));
  }

  /** Gives the terminal back; with `keepLast` the last table stays on it. */
  stop({ keepLast }: { readonly keepLast: boolean }): void {
    const { width, height } = this.#screen.size;
    this.#screen.leave();
    if (!keepLast || this.#usage === undefined) return;
    const style = { ...this.#options.style, width };
    const lines = [...this.#options.head(style), '', ...renderTopTable(this.#usage, this.#state, style)];
    process.stdout.write(`${lines.slice(0, height - 1).join('\n')}\n`);
  }

  #onKeys(chunk: string): void {
    for (const action of parseKeys(chunk)) {
      if (action.kind === 'quit' || action.kind === 'suspend') {
        if (action.kind === 'quit') this.#options.onQuit();
        else this.#screen.suspend();
        return;
      }
      this.#state = applyAction(this.#state, action, this.#usage?.tasks.length ?? 0);
    }
    this.redraw();
  }
}
