import { open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";

/** A counter that lives in a file. */
export class FileVisits {
  #path;
  #count;
  /** The visit that came last: the next one waits for its end, so that they are written one by one. */
  #last = Promise.resolve();

  constructor(path, count) {
    this.#path = path;
    this.#count = count;
  }

  /**
   * Reads the file. One that is not there counts as zero; one that holds no number is an error, so that a damaged count
   * is never overwritten with a smaller one.
   */
  static async open(path) {
    let text;
    try {
      text = await readFile(path, "utf8");
    } catch (error) {
      if (error.code === "ENOENT") return new FileVisits(path, 0);
      throw error;
    }
    const count = /^\d+$/.test(text.trim()) ? Number(text) : NaN;
    // A number that is not safe is one that adding 1 may leave as it is.
    if (!Number.isSafeInteger(count)) throw new Error(`${path} holds no number of visits: ${JSON.stringify(text)}`);
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
      return ++this.#count;
    });
    this.#last = added.catch(() => {}); // told to the one who asked; the next visit is tried all the same
    return added;
  }

  close() {} // no file is open between two visits
}

/**
 * Gives the file a new content, in one step: a reader, or a start after a crash, finds the old content or the new one,
 * and the new one for certain once this has returned.
 */
async function replaceFile(path, content) {
  const partial = `${path}.partial`;
  await inOpened(partial, "w", async (file) => {
    await file.writeFile(content);
    await file.sync();
  });
  await rename(partial, path);
  await inOpened(dirname(path), "r", (folder) => folder.sync()); // makes the rename last
}

async function inOpened(path, flags, work) {
  const handle = await open(path, flags);
  try {
    await work(handle);
  } finally {
    await handle.close();
  }
}
