import { KubernetesObjectApi, type V1APIResource } from "@kubernetes/client-node";

/** Requests for objects of any kind: the API server says how a kind is reached. */
export class AnyKind extends KubernetesObjectApi {
  /** How a kind is reached; undefined if the API does not have it. */
  override resource(apiVersion: string, kind: string): Promise<V1APIResource | undefined> {
    return super.resource(apiVersion, kind);
  }
}
