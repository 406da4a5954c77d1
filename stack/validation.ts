import type { KubernetesObject, V1Service } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import type { Cluster, Verdict } from "../live/cluster";
import { settingKey } from "../schema/settingKey";
import { userError } from "../schema/userError";
import { valueOf } from "./identity";
import type { LastDeployment } from "./lastDeployment";
import type { PlannedObject } from "./plannedObjects";

/** How many objects are validated at the same time. */
const atOnce = 10;

/**
 * Throws if the API server would refuse objects of a stack, or leave out fields that it does not know: Pulumi's provider
 * says nothing of these. If the namespace does not exist, the provider validates nothing at all, and an update would stop
 * when it has created some of the objects.
 */
export async function checkValidity(
  planned: PlannedObject[],
  last: LastDeployment | undefined,
  hasNamespace: boolean,
  cluster: Cluster,
): Promise<void> {
  const judged = await verdicts(hasNamespace ? planned.filter(hasUncheckedFields) : planned, (object) =>
    // The stack has its node ports already; one that moves to another namespace has them in the former one.
    cluster.validate(hasNamespace || last !== undefined ? withoutNodePorts(object) : object, hasNamespace),
  );
  const refused = judged.flatMap(({ name, invalid }) => (invalid === undefined ? [] : [`  ${name}: ${invalid}`]));
  if (refused.length > 0) {
    throw userError(`The API server would refuse objects of the stack; nothing was changed.\n${refused.join("\n")}`);
  }
  // The provider validates values in a namespace that exists.
  if (!hasNamespace) await warnOfUnchecked(judged);
}

/** Whether a stack file can set fields of the object that only Kubernetes knows. */
const hasUncheckedFields = ({ path, object: { kind }, overrides }: PlannedObject) =>
  path[0] === "objects" || overrides !== undefined || ["StatefulSet", "Job", "CronJob"].includes(kind);

async function verdicts(planned: PlannedObject[], validate: (object: KubernetesObject) => Promise<Verdict>) {
  const judged: (Verdict & { name: string })[] = [];
  for (let i = 0; i < planned.length; i += atOnce) {
    const some = planned.slice(i, i + atOnce).map(async ({ path, object: inputs }) => {
      const object = await valueOf<KubernetesObject>(pulumi.output(inputs));
      const { namespace = "", name = "" } = object.metadata ?? {};
      return {
        name: `${settingKey(path.join("."))}: ${object.kind ?? ""} ${namespace}/${name}`,
        ...(await validate(object)),
      };
    });
    judged.push(...(await Promise.all(some)));
  }
  return judged;
}

async function warnOfUnchecked(judged: (Verdict & { name: string })[]): Promise<void> {
  const [first, ...others] = judged.filter(({ unchecked }) => unchecked !== undefined);
  if (first === undefined) return;
  const more = others.length === 0 ? "" : ` and ${String(others.length)} more`;
  await pulumi.log.warn(`Not validated by the API server: ${first.name}${more} (${first.unchecked ?? ""}).`);
}

function withoutNodePorts(object: KubernetesObject): KubernetesObject {
  if (object.kind !== "Service") return object;
  const { spec } = object as V1Service;
  const ports = spec?.ports?.map(({ nodePort, ...port }) => port);
  return { ...object, spec: { ...spec, ports, healthCheckNodePort: undefined } } as V1Service;
}
