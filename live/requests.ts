import {
  ApiException,
  type HttpLibrary,
  IsomorphicFetchHttpLibrary,
  type RequestContext,
  ResponseContext,
  wrapHttpLibrary,
} from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { setTimeout } from "node:timers/promises";

/** How much time a request gets, in milliseconds. */
export interface Patience {
  /** For one attempt: a connection can be lost without a sign of it. */
  attemptLimit: number;
  attempts: number;
  /** Before the second attempt; twice as long before each one after it. */
  pause: number;
}

/** A preview can do without an answer, and somebody waits for it: for 20 seconds at most, the engine's own time included. */
export const usualPatience = (): Patience =>
  pulumi.runtime.isDryRun()
    ? { attemptLimit: 5000, attempts: 2, pause: 500 }
    : { attemptLimit: 10_000, attempts: 4, pause: 500 };

/**
 * Sends every request of the program, with a time limit. A lost connection, a server error, and an API server that is
 * busy (429) may pass: the request is sent again. All of them can be: none does more when it arrives twice.
 */
export function patientHttp({ attemptLimit, attempts, pause }: Patience): HttpLibrary {
  const http = new IsomorphicFetchHttpLibrary();

  /** The answer with its whole body: the connection can be lost in the middle of it. */
  const attempt = async (request: RequestContext): Promise<ResponseContext> => {
    const signal = AbortSignal.timeout(attemptLimit);
    request.setSignal(signal);
    try {
      const { httpStatusCode, headers, body } = await http.send(request).toPromise();
      const text = await body.text();
      const read = { text: () => Promise.resolve(text), binary: () => Promise.resolve(Buffer.from(text)) };
      return new ResponseContext(httpStatusCode, headers, read);
    } catch (error) {
      throw signal.aborted ? new Error(`no answer in ${String(attemptLimit / 1000)} s`) : error;
    }
  };

  const send = async (request: RequestContext): Promise<ResponseContext> => {
    for (let number = 1; ; number += 1) {
      let wait = pause * 2 ** (number - 1);
      try {
        const response = await attempt(request);
        const { httpStatusCode: code, headers } = response;
        if (number === attempts || !(code === 429 || code >= 500)) return response;
        // A pause that the API server asks for is kept, if it is not longer than it may think about an answer.
        wait = Math.min(Math.max(wait, Number(headers["retry-after"] ?? 0) * 1000 || 0), attemptLimit);
      } catch (error) {
        if (number === attempts) throw error;
      }
      await setTimeout(wait);
    }
  };
  return wrapHttpLibrary({ send });
}

/** Whether the API server answered with one of these status codes. */
export const hasCode = (error: unknown, ...codes: number[]) =>
  error instanceof ApiException && codes.includes(error.code);

/** Whether the API server has said no, and will do so again. */
export const isRefusal = (error: unknown) => hasCode(error, 400, 401, 403, 404, 405, 422);

/** Gives undefined for what is missing. */
export async function unlessMissing<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (hasCode(error, 404)) return undefined;
    throw error;
  }
}

/** What the API server said, or why it did not. */
export function requestError(error: unknown): string {
  if (!(error instanceof ApiException)) return String((error as Error).message.split("\n")[0]);
  // The client keeps no body of this one.
  if (error.code === 401) return "the API server refuses the credentials (401 Unauthorized)";
  const body = String(error.body);
  try {
    return (JSON.parse(body) as { message?: string }).message ?? body;
  } catch {
    return body; // of a proxy on the way
  }
}

/** For the user: the cluster cannot be asked. The message has no end, so that it can be said whether anything was changed. */
export class NoAnswer extends pulumi.RunError {
  constructor(context: string, error: unknown) {
    super(
      hasCode(error, 401)
        ? `The cluster of the context ${JSON.stringify(context)} refuses the credentials (401 Unauthorized)`
        : `The cluster of the context ${JSON.stringify(context)} does not answer (${requestError(error)})`,
    );
    this.stack = undefined;
  }
}
