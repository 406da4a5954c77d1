import { rename, rm, writeFile } from "node:fs/promises";

/** How long the outcome of a probe stands, in milliseconds: however often the app is asked, it writes no more often. */
const probeInterval = 1000;

/** Finds out whether files can be written in a folder, by writing, renaming and removing one. */
export class FolderProbe {
  #path;
  #probed = -Infinity;
  #outcome;

  constructor(path) {
    this.#path = path;
  }

  /** Fails if files cannot be written in the folder, and says why. */
  check() {
    if (performance.now() - this.#probed >= probeInterval) {
      this.#probed = performance.now();
      this.#outcome = writeAndRemove(this.#path);
    }
    return this.#outcome;
  }
}

async function writeAndRemove(path) {
  const partial = `${path}.partial`;
  await writeFile(partial, "0\n");
  await rename(partial, path);
  await rm(path);
}
