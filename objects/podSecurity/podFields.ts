import type { V1PodTemplateSpec } from "@kubernetes/client-node";
import { Field } from "./field";

/** The fields of a pod template that the Pod Security Standards concern. */
export interface PodFields {
  annotations: Field;
  spec: Field;
  /** Init containers and containers. */
  containers: Field[];
  /** The security context of the pod. */
  podContext: Field;
  /** Those of the containers. */
  containerContexts: Field[];
  /** All of them. */
  contexts: Field[];
  /** Kubernetes lets a pod for Windows leave out what Windows does not have. */
  isWindows: boolean;
  /** Whether the pod is in a user namespace, in which root is not the root of the node. */
  isInUserNamespace: boolean;
}

export function podFields(template: V1PodTemplateSpec): PodFields {
  const root = new Field([], template);
  const spec = root.get("spec");
  const containers = [...spec.get("initContainers").items(), ...spec.get("containers").items()];
  const podContext = spec.get("securityContext");
  const containerContexts = containers.map((container) => container.get("securityContext"));
  return {
    annotations: root.get("metadata", "annotations"),
    spec,
    containers,
    podContext,
    containerContexts,
    contexts: [podContext, ...containerContexts],
    isWindows: spec.get("os", "name").value === "windows",
    isInUserNamespace: spec.get("hostUsers").value === false,
  };
}
