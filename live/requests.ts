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

/** The time limits of a request, in milliseconds. */
export interface Patience {
  /** The limit of one attempt: a connection can be lost without a sign of it. */
  attemptLimit: number;
  attempts: number;
  /** The pause before the second attempt. It doubles before each further attempt. */
  pause: number;
}

/** A preview can continue without an answer. It ends within 20 seconds, including the time of Pulumi itself. */
export const usualPatience = (): Patience =>
  pulumi.runtime.isDryRun()
    ? { attemptLimit: 5000, attempts: 2, pause: 500 }
    : { attemptLimit: 10_000, attempts: 4, pause: 500 };

/**
 * Sends every request of the program, with a time limit. After a lost connection, a server error (5xx), or if the API
 * server is busy (429), the request is sent again. That is safe, because every request of the program is idempotent.
 * `onDate` gets the time of each answer.
 */
export function patientHttp(
  { attemptLimit, attempts, pause }: Patience,
  onDate: (date: number) => void = () => undefined,
): HttpLibrary {
  const http = new IsomorphicFetchHttpLibrary();

  /** The answer with its whole body, during which the connection can be lost too. */
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
        const date = Date.parse(headers.date ?? "");
        if (!Number.isNaN(date)) onDate(date);
        const isBusy = code >= 500 || (code === 429 && !(await isBudget(response)));
        if (number === attempts || !isBusy) return response;
        // Respects Retry-After, up to the limit of an attempt.
        wait = Math.min(Math.max(wait, Number(headers["retry-after"] ?? 0) * 1000 || 0), attemptLimit);
      } catch (error) {
        if (number === attempts) throw error;
      }
      await setTimeout(wait);
    }
  };
  return wrapHttpLibrary({ send });
}

/** The cause that the API server gives if a PodDisruptionBudget does not allow an eviction. */
const budgetCause = "DisruptionBudget";

const isBudget = async ({ body }: ResponseContext) => (await body.text()).includes(`"${budgetCause}"`);

/** Whether the API server answered with one of these status codes. */
export const hasCode = (error: unknown, ...codes: number[]) =>
  error instanceof ApiException && codes.includes(error.code);

/** Whether the API server refuses the request, and will refuse it again. */
export const isRefusal = (error: unknown) => hasCode(error, 400, 401, 403, 404, 405, 422);

/** The answer, or undefined if the object does not exist. */
export async function unlessMissing<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (hasCode(error, 404)) return undefined;
    throw error;
  }
}

/** The API server's answer with an error. */
interface Status {
  message?: string;
  details?: { causes?: { reason?: string; message?: string }[] };
}

/** The message of the API server, or why there is none. */
export function requestError(error: unknown): string {
  if (!(error instanceof ApiException)) return String((error as Error).message.split("\n")[0]);
  // For this code the client keeps no body.
  if (error.code === 401) return "the API server refuses the credentials (401 Unauthorized)";
  const body = String(error.body);
  try {
    const { message = body, details } = JSON.parse(body) as Status;
    const budget = details?.causes?.find(({ reason }) => reason === budgetCause);
    return [message, budget?.message].filter((part) => part).join(" ");
  } catch {
    return body; // of a proxy on the way
  }
}

/** An error for the user: the cluster does not answer. The caller appends whether anything was changed. */
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
