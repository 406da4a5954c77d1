import * as pulumi from "@pulumi/pulumi";
import type { Stack } from "../config";
import { mistakeText } from "../config/mistakes";
import type { Cluster } from "../live/cluster";
import { furtherObject, objectName } from "../objects/furtherObject";
import type { Identity } from "../objects/identity";
import { type Labels, type LabelSelector, selects } from "../objects/labels";
import { groupOf } from "../schema/checkObjects";
import { repeated } from "../schema/mistakes";
import type { ObjectSettings } from "../schema/objects";
import { settingKey } from "../schema/settingKey";
import { userError } from "../schema/userError";
import type { Place } from "./configObjects";
import type { PlannedObject } from "./plannedObjects";

/*
 * Objects of any kind that a stack has beside its apps and stores.
 */

/** A resource whose type follows from the object: `kubernetes:core/v1:Service`, `kubernetes:batch/v1:CronJob`. */
class KubernetesResource extends pulumi.CustomResource {
  constructor(name: string, object: ObjectSettings, opts: pulumi.CustomResourceOptions) {
    const { apiVersion, kind } = object;
    const version = groupOf(apiVersion) === "" ? `core/${apiVersion}` : apiVersion;
    super(`kubernetes:${version}:${kind}`, name, object, opts);
  }
}

/** Creates the further objects of the stack. */
export const furtherObjects = (objects: Stack["objects"], place: Place): pulumi.Resource[] =>
  Object.entries(objects).map(([name, object]) => {
    // Not the name in the map, which can change.
    const resourceName = `object-${objectName(name, object)}`;
    const args = furtherObject(name, object, place) as ObjectSettings;
    return new KubernetesResource(resourceName, args, { provider: place.provider });
  });

/** Well-known kinds that are in no namespace, for when the cluster cannot be asked. */
const clusterKinds = [
  ...["APIService", "CertificateSigningRequest", "ClusterIssuer", "ClusterRole", "ClusterRoleBinding"],
  ...["ClusterSecretStore", "CSIDriver", "CustomResourceDefinition", "FlowSchema", "GatewayClass", "IngressClass"],
  ...["MutatingWebhookConfiguration", "Node", "PersistentVolume", "PriorityClass", "PriorityLevelConfiguration"],
  ...["RuntimeClass", "StorageClass", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"],
  ...["ValidatingWebhookConfiguration", "VolumeAttributesClass", "VolumeSnapshotClass"],
];

/**
 * Throws if the cluster does not have the kind of a further object, or has it in no namespace: everyone who uses the
 * cluster shares such an object.
 */
export async function checkKinds(objects: Stack["objects"], cluster: Cluster): Promise<void> {
  const problems = Object.entries(objects).map(async ([name, { apiVersion, kind }]) => {
    const problem = await problemOfKind(apiVersion, kind, cluster);
    return problem === undefined ? [] : [`  ${settingKey(`objects.${name}.kind`)} is ${kind}; ${problem}`];
  });
  const lines = (await Promise.all(problems)).flat();
  if (lines.length === 0) return;
  throw userError(["The stack cannot have all of its objects; nothing was changed.", ...lines].join("\n"));
}

async function problemOfKind(apiVersion: string, kind: string, cluster: Cluster): Promise<string | undefined> {
  const found = await cluster.kind(apiVersion, kind);
  const isHidden = found === "hidden" || !cluster.isReadable;
  if (!isHidden && found === undefined) return `the cluster has no such kind in the API ${apiVersion}`;
  const isOfCluster = isHidden ? clusterKinds.includes(kind) : found?.isNamespaced === false;
  return isOfCluster ? "it belongs to no namespace; create it outside of the stack" : undefined;
}

/** Throws if two settings require the same object. */
export function checkOneSettingEach(planned: PlannedObject[]): void {
  const named = planned.map(({ path, object: { apiVersion, kind, metadata } }) => {
    const { name } = metadata as { name: string };
    return { key: [groupOf(apiVersion), kind, name].join(" "), path, what: `${kind} ${name}` };
  });
  const mistakes = [...repeated(named)].map(({ path, what, first }) =>
    mistakeText(pulumi.getProject(), { path, problem: `would be the ${what}, as ${first.path.join(".")} is` }),
  );
  if (mistakes.length === 0) return;
  throw userError(
    ["Two settings require the same object; nothing was changed.", ...mistakes.map((mistake) => `  ${mistake}`)].join(
      "\n",
    ),
  );
}

/**
 * Throws if the pods of an app would have a second PodDisruptionBudget, one of the further objects or somebody else's:
 * Kubernetes evicts no pod that has two, so that no node with such a pod could be drained.
 */
export async function checkOneBudgetEach(
  planned: PlannedObject[],
  namespace: string,
  identity: Identity,
  cluster: Cluster,
): Promise<void> {
  const budgets = planned.filter(({ object }) => object.kind === "PodDisruptionBudget");
  const apps = planned.filter(
    ({ path, object: { kind } }) =>
      kind === "StatefulSet" && budgets.some((budget) => budget.path.join() === path.join()),
  );
  const selected = (spec: unknown) =>
    apps.filter(({ object }) => selects((spec as Selecting | undefined)?.selector, labelsOfPods(object)));
  const further = budgets
    .filter(({ path: [key] }) => key === "objects")
    .flatMap(({ path, object: { spec } }) =>
      selected(spec).map((app) => {
        const key = app.path.join(".");
        return {
          path: [...path, "spec", "selector"],
          problem: `selects the pods of ${key}, which has a PodDisruptionBudget of its own; use ${key}.podDisruptionBudget instead, or set its create to false`,
        };
      }),
    );
  const names = budgets.map(({ object }) => (object.metadata as { name?: string }).name);
  const foreign = (await cluster.budgets(namespace))
    .filter(({ metadata }) => !names.includes(metadata?.name) && !identity.owns(metadata?.labels))
    .flatMap(({ metadata, spec }) =>
      selected(spec).map((app) => ({
        path: [...app.path, "podDisruptionBudget", "create"],
        value: true,
        problem: `would be a second budget beside ${metadata?.name ?? ""}, which somebody else has made; delete that one, or set this to false`,
      })),
    );
  const mistakes = [...further, ...foreign];
  if (mistakes.length === 0) return;
  throw userError(
    [
      "Kubernetes evicts no pod that has two PodDisruptionBudgets; nothing was changed.",
      ...mistakes.map((mistake) => `  ${mistakeText(pulumi.getProject(), mistake)}`),
    ].join("\n"),
  );
}

interface Selecting {
  selector?: LabelSelector;
}

const labelsOfPods = ({ spec }: PlannedObject["object"]): Labels =>
  (spec as { template: { metadata: { labels: Labels } } }).template.metadata.labels;
