import { open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { FolderProbe } from "./folderProbe.mjs";
import { log, quoted } from "./log.mjs";

/** A counter that lives in a file. */
export class FileVisits {
  #path;
  #count;
  #probe;
  /** The visit that came last: the next one waits for its end, so that they are written one by one. */
  #last = Promise.resolve();

  constructor(path, count) {
    this.#path = path;
    this.#count = count;
    this.#probe = new FolderProbe(`${path}.probe`);
  }

  /**
   * Reads the file. One that is not there counts as zero; one that holds anything but decimal digits is an error, so
   * that a damaged count is never overwritten with a smaller one.
   */
  static async open(path) {
    let text;
    try {
      text = await readFile(path, "utf8");
    } catch (error) {
      if (error.code === "ENOENT") return new FileVisits(path, 0);
      throw error;
    }
    const count = /^\d{1,16}\n?$/.test(text) ? Number(text) : NaN;
    // A number that is not safe is one that adding 1 may leave as it is.
    if (!Number.isSafeInteger(count + 1)) throw new Error(`${path} holds no number of visits: ${quoted(text, 40)}`);
    return new FileVisits(path, count);
  }

  toString() {
    return `${this.#count} visits so far`;
  }

  /** The visits so far. */
  async count() {
    return this.#count;
  }

  /**
   * Counts one visit and returns the new count. What it has returned is on the disk: it survives a kill and a power
   * cut. When it fails, the visit does not count.
   */
  add() {
    const added = this.#last.then(async () => {
      await replaceFile(this.#path, `${this.#count + 1}\n`);
      const count = ++this.#count;
      // The file has the new count already: the visit counts in any case, and the answer says so.
      await syncFolder(dirname(this.#path)).catch((error) => {
        log(`visit ${count} may be lost in a power cut: ${error.message}`);
      });
      return count;
    });
    this.#last = added.catch(() => {}); // told to the one who asked; the next visit is tried all the same
    return added;
  }

  /** Fails if the file cannot be written now, and says why. */
  check() {
    return this.#probe.check();
  }

  close() {} // no file is open between two visits
}

/**
 * Gives the file a new content, in one step: a reader, or a start after a crash, finds the old content or the new one.
 */
async function replaceFile(path, content) {
  const partial = `${path}.partial`;
  await inOpened(partial, "w", async (file) => {
    await file.writeFile(content);
    await file.sync();
  });
  await rename(partial, path);
}

/** Makes a rename in the folder last. */
function syncFolder(path) {
  return inOpened(path, "r", (folder) => folder.sync());
}

async function inOpened(path, flags, work) {
  const handle = await open(path, flags);
  try {
    await work(handle);
  } finally {
    await handle.close();
  }
}
