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
 * Throws if the API server would refuse objects of a stack whose namespace does not exist. Pulumi's provider validates
 * nothing in such a namespace, and an update would stop when it has created some of the objects.
 */
export async function checkFirstInstall(
  planned: PlannedObject[],
  last: LastDeployment | undefined,
  cluster: Cluster,
): Promise<void> {
  const judged: (Verdict & { name: string })[] = [];
  for (let i = 0; i < planned.length; i += atOnce) {
    const some = planned.slice(i, i + atOnce).map(async ({ path, object: inputs }) => {
      const object = await valueOf<KubernetesObject>(pulumi.output(inputs));
      const { namespace = "", name = "" } = object.metadata ?? {};
      // A stack that moves to another namespace can still have its node ports in the former one.
      const verdict = await cluster.validate(last === undefined ? object : withoutNodePorts(object));
      return { name: `${settingKey(path.join("."))}: ${object.kind ?? ""} ${namespace}/${name}`, ...verdict };
    });
    judged.push(...(await Promise.all(some)));
  }
  const refused = judged.flatMap(({ name, invalid }) => (invalid === undefined ? [] : [`  ${name}: ${invalid}`]));
  if (refused.length > 0) {
    throw userError(`The API server would refuse objects of the stack; nothing was changed.\n${refused.join("\n")}`);
  }
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
