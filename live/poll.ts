import * as pulumi from "@pulumi/pulumi";
import { setTimeout } from "node:timers/promises";
import { userError } from "../schema/userError";
import { isRefusal, requestError } from "./requests";

/** Between two looks, in milliseconds. */
const pause = 500;

/**
 * Looks until there is something to give. `look` ends it with an error for the user; an API server that does not answer
 * may do so the next time, until `isOver`.
 */
export async function poll<T>(what: string, look: () => Promise<T | undefined>, isOver: () => boolean): Promise<T> {
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined) return found;
    } catch (error) {
      if (pulumi.RunError.isInstance(error)) throw error;
      if (isRefusal(error) || isOver()) throw userError(`Cannot determine whether ${what}: ${requestError(error)}`);
    }
    await setTimeout(pause);
  }
}
