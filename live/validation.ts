import { ApiException, type Configuration, HttpMethod, type KubernetesObject } from "@kubernetes/client-node";
import type { AnyKind } from "./anyKind";
import type { Verdict } from "./cluster";
import { requestError } from "./requests";

/**
 * Has the API server validate an object by a dry run of its creation, in the first of some namespaces in which the user is
 * allowed to create it.
 */
export async function validate(
  object: KubernetesObject,
  namespaces: string[],
  any: AnyKind,
  configuration: Configuration,
): Promise<Verdict> {
  let verdict: Verdict = {};
  for (const namespace of namespaces) {
    const answer = await dryRun(object, namespace, any, configuration);
    const error = answer instanceof ApiException ? answer : undefined;
    verdict = verdictOf(error);
    if (!isForbidden(error)) break;
  }
  return verdict;
}

/**
 * Only what no namespace would accept is invalid. Quotas, policies and webhooks can be those of another namespace. They
 * come after the validation, except for webhooks that change objects. An object of the same name comes after it too.
 */
function verdictOf(error: ApiException<string> | undefined): Verdict {
  if (error === undefined || error.code === 409) return {};
  const message = requestError(error);
  const isRefused = error.code === 422 && /^\S+ "[^"]*" is invalid: /.test(message);
  const isUnreadable = error.code === 400 && message.includes("cannot be handled as a ");
  if (isRefused || isUnreadable) return { invalid: message };
  const isNoAnswer = error.code === 401 || error.code === 429 || error.code >= 500;
  if (isNoAnswer && !message.includes("webhook")) throw error;
  return { unchecked: message };
}

/** Whether the user has no right to create such an object. What admission forbids has other words. */
const isForbidden = (error: ApiException<string> | undefined) =>
  error?.code === 403 && requestError(error).includes(" cannot create resource ");

/** An object as the API server would create it, with its defaults. */
export async function withDefaults<T extends KubernetesObject>(
  object: T,
  namespace: string,
  any: AnyKind,
  configuration: Configuration,
): Promise<T> {
  const answer = await dryRun(object, namespace, any, configuration);
  if (answer instanceof ApiException) throw answer as Error;
  return answer as T;
}

/** What comes of a creation that changes nothing: the object, or an error. */
async function dryRun(
  object: KubernetesObject,
  namespace: string,
  any: AnyKind,
  { baseServer, httpApi, authMethods }: Configuration,
): Promise<KubernetesObject | ApiException<string>> {
  const { apiVersion = "", kind = "" } = object;
  const group = apiVersion.includes("/") ? "apis" : "api";
  const resource = await any.resource(apiVersion, kind);
  const path = `/${group}/${apiVersion}/namespaces/${namespace}/${resource?.name ?? ""}`;
  const request = baseServer.makeRequestContext(path, HttpMethod.POST);
  request.setQueryParam("dryRun", "All");
  // Otherwise, the API server leaves out fields that it does not know.
  request.setQueryParam("fieldValidation", "Strict");
  request.setHeaderParam("Content-Type", "application/json");
  // The body is sent as it is: the client's own methods leave out the fields that its types do not have.
  request.setBody(JSON.stringify({ ...object, metadata: { ...object.metadata, namespace } }));
  await authMethods.default?.applySecurityAuthentication(request);
  const { httpStatusCode: code, headers, body } = await httpApi.send(request).toPromise();
  const text = await body.text();
  return code < 300 ? (JSON.parse(text) as KubernetesObject) : new ApiException(code, "", text, headers);
}
