import * as pulumi from "@pulumi/pulumi";
import { setTimeout } from "node:timers/promises";
import { userError } from "../schema/userError";
import { isRefusal, requestError } from "./requests";

/** Milliseconds between two looks. */
const pause = 500;

/**
 * Calls `look` until it returns something. An error for the user ends that. Other errors, such as an API server that does
 * not answer, end it only if `isOver`.
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
