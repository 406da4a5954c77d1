import type { Field } from "./field";
import type { KubernetesObject } from "./kubernetesObject";

interface Workload {
  /** The keys that lead to the pod template. */
  template: string[];
  /** Whether its pods run until something stops them. */
  isService?: boolean;
}

/** The kinds that have pods. */
const workloads: Partial<Record<string, Workload>> = {
  "core/Pod": { template: [] },
  "core/PodTemplate": { template: ["template"] },
  "core/ReplicationController": { template: ["spec", "template"], isService: true },
  "apps/ReplicaSet": { template: ["spec", "template"], isService: true },
  "apps/Deployment": { template: ["spec", "template"], isService: true },
  "apps/StatefulSet": { template: ["spec", "template"], isService: true },
  "apps/DaemonSet": { template: ["spec", "template"], isService: true },
  "batch/Job": { template: ["spec", "template"] },
  "batch/CronJob": { template: ["spec", "jobTemplate", "spec", "template"] },
};

export const isService = ({ kind }: KubernetesObject): boolean => workloads[kind]?.isService === true;

/** A container of a pod. */
export interface Container {
  field: Field;
  list: "containers" | "initContainers";
  /** Whether it is the first one: that of the app. */
  isFirst: boolean;
  /** Whether it runs as long as the pod: a container, or an init container that is a sidecar. */
  isLasting: boolean;
}

/** The init containers and the containers of a workload of any kind; none if the object has no pods. */
export function containersOf({ kind, fields }: KubernetesObject): Container[] {
  const workload = workloads[kind];
  if (workload === undefined) return [];
  const spec = fields.get(...workload.template, "spec");
  return (["initContainers", "containers"] as const).flatMap((list) =>
    spec
      .get(list)
      .items()
      .map((field, i) => ({
        field,
        list,
        isFirst: list === "containers" && i === 0,
        isLasting: list === "containers" || field.get("restartPolicy").value === "Always",
      })),
  );
}
