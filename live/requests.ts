import { ApiException } from "@kubernetes/client-node";

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
  const body = String(error.body);
  try {
    return (JSON.parse(body) as { message?: string }).message ?? body;
  } catch {
    return body; // of a proxy on the way
  }
}
