/** The files of a run that one process writes at a time: over the version that it wrote or found, and over no other. */

import type { Store } from '../store/store.ts';

/** Writes whole files; one that another process has changed since is left alone. */
export class OwnedFiles {
  readonly #store: Store;
  readonly #run: string;
  readonly #etags = new Map<string, string>();
  /** What was sent last: an error may hide that it arrived. */
  readonly #sent = new Map<string, string>();

  constructor(store: Store, run: string) {
    this.#store = store;
    this.#run = run;
  }

  /** The text of a file that is there, which this process writes from now on. */
  async take(file: string): Promise<string | undefined> {
    const found = await this.#store.get(this.#path(file));
    if (found) this.#etags.set(file, found.etag);
    return found?.bytes.toString('utf8');
  }

  /** Whether the file was written; false when another process has written or removed it. */
  async write(file: string, text: string): Promise<boolean> {
    for (;;) {
      const before = this.#sent.get(file);
      this.#sent.set(file, text);
      const known = this.#etags.get(file);
      const condition = known === undefined ? ({ absent: true } as const) : { etag: known };
      const etag = await this.#store.putRun(this.#run, file, text, condition);
      if (etag !== null) {
        this.#etags.set(file, etag);
        return true;
      }
      const found = await this.#store.get(this.#path(file));
      const present = found?.bytes.toString('utf8');
      if (!found || (present !== text && present !== before) || found.etag === known) return false;
      this.#etags.set(file, found.etag);
      if (present === text) return true;
    }
  }

  #path(file: string): string {
    return `runs/${this.#run}/${file}`;
  }
}
