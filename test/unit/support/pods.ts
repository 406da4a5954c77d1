import type { V1Pod, V1StatefulSetSpec } from "@kubernetes/client-node";
import { selectorLabels } from "../../../objects/labels";

/** What a test says of a pod of the app cart. */
export interface PodFields {
  ordinal?: number;
  revision?: string;
  ready?: boolean;
  /** Seconds since the readiness changed. */
  since?: number;
  deleted?: boolean;
  status?: object;
}

/** A pod of the app cart, in the namespace shop. */
export const pod = ({
  ordinal = 0,
  revision = "new",
  ready = true,
  since = 0,
  deleted = false,
  status,
}: PodFields = {}) => {
  const lastTransitionTime = new Date(Date.now() - since * 1000);
  return {
    metadata: {
      namespace: "shop",
      name: `cart-${String(ordinal)}`,
      uid: `uid-${String(ordinal)}`,
      labels: { ...selectorLabels("cart"), "controller-revision-hash": revision },
      ownerReferences: [{ apiVersion: "apps/v1", kind: "StatefulSet", name: "cart", uid: "uid-cart" }],
      deletionTimestamp: deleted ? new Date() : undefined,
    },
    status: { conditions: [{ type: "Ready", status: ready ? "True" : "False", lastTransitionTime }], ...status },
  } as V1Pod;
};

export const spec = (replicas: number, updateStrategy: object = {}) =>
  ({ replicas, updateStrategy }) as V1StatefulSetSpec;
export const partition = (partition: number) => ({ type: "RollingUpdate", rollingUpdate: { partition } });
