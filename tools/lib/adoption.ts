import type {
  KubernetesObject,
  V1PersistentVolumeClaim,
  V1Pod,
  V1Service,
  V1StatefulSet,
} from "@kubernetes/client-node";
import { PatchStrategy } from "@kubernetes/client-node";
import type { KubeCluster } from "../../live/kubeCluster";
import { listed } from "../../live/rollout/messages";
import { unlessMissing } from "../../live/requests";
import { isSmaller, sizedClaims } from "../../live/volumes/claimSizes";
import { letGo, nameOf as volumeOf } from "../../live/volumes/exchange";
import { identityLabel } from "../../objects/identity";
import { type Labels, selectorLabels } from "../../objects/labels";
import { fieldManager } from "../../objects/metadata";
import { clientServiceName, podNames } from "../../schema/names";
import { portsOf } from "../../schema/ports";
import { userError } from "../../schema/userError";
import { objectNames } from "../../stack/ownership";
import type { Stack } from "../../config";
import { project } from "./stackConfig";

/** The objects of a namespace that can belong to an app. */
export interface LiveObjects {
  statefulSets: V1StatefulSet[];
  pods: V1Pod[];
  services: V1Service[];
  /** NetworkPolicies and PodDisruptionBudgets. */
  policies: KubernetesObject[];
  claims: V1PersistentVolumeClaim[];
}

/** How an app takes over a StatefulSet of its name that somebody else made. */
export interface Adoption {
  app: string;
  /** Undefined if an earlier run of the command has let it go. */
  statefulSet: V1StatefulSet | undefined;
  /** They go on without a StatefulSet until that of the stack adopts them. */
  pods: V1Pod[];
  claims: V1PersistentVolumeClaim[];
  /** Services whose names the app needs. They cannot become those of the app, because addresses never change. */
  replaced: V1Service[];
  /** NetworkPolicies and PodDisruptionBudgets whose names the app needs: fields that others have set in them would stay. */
  removed: KubernetesObject[];
  /** Services that stay with whoever has made them. They get a selector that still finds the pods. */
  redirected: V1Service[];
}

const nameOf = ({ metadata }: { metadata?: { name?: string } }) => metadata?.name ?? "";
const names = (objects: { metadata?: { name?: string } }[]) => listed(objects.map(nameOf));
const controllerOf = ({ metadata }: V1Pod | V1StatefulSet) =>
  metadata?.ownerReferences?.find(({ controller }) => controller);

/** What is to be taken over for an app. Throws if there is nothing. */
export function adoptionOf(app: string, config: Stack, live: LiveObjects): Adoption {
  if (!Object.hasOwn(config.apps, app)) {
    throw userError(
      `${project}:apps has no ${app}; nothing was changed. The app must have the name of the StatefulSet, and its claims the names of the volumes.`,
    );
  }
  const found = live.statefulSets.find((one) => nameOf(one) === app);
  const isAdopted = found?.metadata?.labels?.[identityLabel] !== undefined;
  const statefulSet = isAdopted ? undefined : found;
  const isLetGo = (pod: V1Pod) => controllerOf(pod) === undefined && new RegExp(`^${app}-\\d+$`).test(nameOf(pod));
  const pods = live.pods.filter((pod) =>
    statefulSet ? controllerOf(pod)?.uid === statefulSet.metadata?.uid : isLetGo(pod),
  );
  if (found === undefined && pods.length === 0) {
    const others = live.statefulSets.map(nameOf).join(", ") || "none";
    throw userError(
      `There is no StatefulSet ${app} in the namespace ${config.namespace}; nothing was changed. Its StatefulSets: ${others}.`,
    );
  }
  const volumes = [...(statefulSet?.spec?.volumeClaimTemplates ?? []).map(volumeOf), ...volumesOf(app, config)];
  const claims = sizedClaims(app, Object.fromEntries(volumes.map((volume) => [volume, "0"])), live.claims);
  const needed = namesOf("Service", app, config);
  const foreign = live.services.filter(({ metadata }) => metadata?.labels?.[identityLabel] === undefined);
  const labels = [statefulSet?.spec?.template.metadata?.labels, ...pods.map(({ metadata }) => metadata?.labels)];
  const selects = ({ spec }: V1Service) =>
    labels.some((labels) => Object.keys(spec?.selector ?? {}).length > 0 && hasAll(labels ?? {}, spec?.selector ?? {}));
  return {
    app,
    statefulSet,
    pods,
    claims: claims.map(({ claim }) => claim),
    replaced: foreign.filter((service) => needed.includes(nameOf(service))),
    removed: live.policies.filter(
      (policy) =>
        policy.metadata?.labels?.[identityLabel] === undefined &&
        namesOf(policy.kind as PolicyKind, app, config).includes(nameOf(policy)),
    ),
    redirected: foreign.filter((service) => !needed.includes(nameOf(service)) && selects(service)),
  };
}

type PolicyKind = "NetworkPolicy" | "PodDisruptionBudget";

/** The names that an app needs for objects of a kind. */
const namesOf = (kind: "Service" | "ServiceAccount" | PolicyKind, app: string, config: Stack) =>
  [...objectNames(config)[kind]].flatMap(([name, { instance }]) => (instance === app ? [name] : []));

/** What goes to the stack, as `KIND NAME`. */
export const takenObjects = ({ app, replaced, removed }: Adoption, config: Stack): string[] => [
  `StatefulSet ${app}`,
  ...namesOf("ServiceAccount", app, config).map((name) => `ServiceAccount ${name}`),
  ...replaced.map((service) => `Service ${nameOf(service)}`),
  ...removed.map((policy) => `${policy.kind ?? ""} ${nameOf(policy)}`),
];

const hasAll = (labels: Labels, wanted: Labels) =>
  Object.entries(wanted).every(([label, value]) => labels[label] === value);

const volumesOf = (app: string, { apps }: Stack) => Object.keys(apps[app]?.claims ?? {});

/** Why a StatefulSet cannot become that of the app, by the keys to change. */
export function obstacles({ app, statefulSet, claims }: Adoption, { apps, giveUpClaims }: Stack): string[] {
  if (!statefulSet?.spec) return [];
  const settings = apps[app];
  const key = `${project}:apps.${app}`;
  const controller = controllerOf(statefulSet);
  const start = statefulSet.spec.ordinals?.start ?? 0;
  const wantedStart = settings?.ordinals?.start ?? 0;
  const kept = claims.filter((claim) => !giveUpClaims.includes(nameOf(claim)));
  const sizes = Object.fromEntries(Object.entries(settings?.claims ?? {}).map(([volume, { size }]) => [volume, size]));
  const lost = (statefulSet.spec.volumeClaimTemplates ?? []).map(volumeOf).flatMap((volume) => {
    const left = sizedClaims(app, { [volume]: "0" }, kept);
    return Object.hasOwn(sizes, volume) || left.length === 0
      ? []
      : [
          `${key}.claims has no ${volume}, whose data is on ${listed(left.map(({ name }) => name))}; ` +
            `to start without it (the claims stay): ${project}:giveUpClaims: [${left.map(({ name }) => name).join(", ")}]`,
        ];
  });
  return [
    ...(controller
      ? [
          `the StatefulSet ${app} belongs to the ${controller.kind} ${controller.name}, whose controller would make it again`,
        ]
      : []),
    ...(start === wantedStart
      ? []
      : [`${key}.ordinals.start is ${String(wantedStart)}; it must be ${String(start)}, as that of the StatefulSet`]),
    ...lost,
    ...sizedClaims(app, sizes, claims)
      .filter(({ wanted, requested }) => isSmaller(wanted, requested))
      .map(
        ({ volume, wanted, name, requested }) =>
          `${key}.claims.${volume}.size is ${wanted}; the claim ${name} has ${requested}, and volumes cannot shrink`,
      ),
  ];
}

/** What will happen, in sentences. */
export function announcement(
  { app, statefulSet, pods, claims, replaced, removed, redirected }: Adoption,
  { apps }: Stack,
): string[] {
  const settings = apps[app];
  const { serviceName } = statefulSet?.spec ?? {};
  const wanted = settings ? podNames(app, settings) : [];
  const stopped = pods.filter((pod) => !wanted.includes(nameOf(pod)));
  const later =
    settings?.updateStrategy?.type === "OnDelete"
      ? "each gets the new template when somebody deletes it"
      : "then they are replaced one after the other, as in a rolling update";
  const named = statefulSet?.spec?.template.spec?.containers.flatMap(({ ports = [] }) => ports.map(({ name }) => name));
  const unnamed = settings && named ? portsOf(settings).filter(({ name }) => !named.includes(name)) : [];
  return [
    ...(statefulSet ? [`exchanges the StatefulSet ${app} for that of the stack, while its pods keep running`] : []),
    ...(pods.length > 0 ? [`takes over the pods ${names(pods)}; ${later}`] : []),
    ...(stopped.length > 0 ? [`stops ${names(stopped)}, whose claims are kept`] : []),
    ...(claims.length > 0 ? [`keeps the claims ${names(claims)} and their data`] : []),
    ...(serviceName === undefined || serviceName === app
      ? []
      : [`changes the DNS names of the pods from ${app}-….${serviceName} to ${app}-….${app} when they are replaced`]),
    ...(unnamed.length > 0
      ? [
          `reaches a pod by ${listed(unnamed.map(({ name }) => name))} of the Services ${app} and ${clientServiceName(app)} when it has been replaced, because its template has no port of that name`,
        ]
      : []),
    ...replaced.map((service) => `replaces the Service ${nameOf(service)}, which gets another address`),
    ...removed.map((policy) => `replaces the ${policy.kind ?? ""} ${nameOf(policy)}`),
    ...redirected.map(
      (service) => `changes the selector of the Service ${nameOf(service)}, so that it still finds the pods`,
    ),
  ];
}

/**
 * Lets go of what somebody else made, so that an update of the stack finds its place free and its pods waiting. A dry run
 * asks the API server for each of the changes, and changes nothing.
 */
export async function clearTheWay(
  { app, statefulSet, pods, claims, replaced, removed, redirected }: Adoption,
  cluster: KubeCluster,
  { dryRun }: { dryRun: boolean },
): Promise<void> {
  const labels = selectorLabels(app);
  const remove = async (apiVersion: string, kind: string, { metadata = {} }: KubernetesObject) => {
    const { namespace = "", name = "", uid } = metadata;
    const object = { apiVersion, kind, metadata: { namespace, name } };
    // With a body, the API server ignores the parameters of the request, that of a dry run too.
    const body = { preconditions: { uid }, ...(dryRun && { dryRun: ["All"] }) };
    await unlessMissing(cluster.any.delete(object, undefined, undefined, undefined, undefined, undefined, body));
  };
  const patch = async (
    kind: string,
    { metadata }: V1Pod | V1Service | V1PersistentVolumeClaim,
    change: { metadata?: object; spec?: object },
  ) => {
    const { namespace = "", name = "", uid } = metadata ?? {};
    // With the UID, it is a conflict if another object has the name by now.
    const body = { apiVersion: "v1", kind, ...change, metadata: { ...change.metadata, namespace, name, uid } };
    const all = dryRun ? "All" : undefined;
    const strategy = PatchStrategy.MergePatch;
    await unlessMissing(cluster.any.patch(body, undefined, all, fieldManager, undefined, strategy));
  };

  if (statefulSet) await (dryRun ? remove("apps/v1", "StatefulSet", statefulSet) : letGo(statefulSet, cluster));
  // The Services come first: a run that is killed finds them by the labels that the pods still have.
  for (const service of redirected) {
    const former = Object.fromEntries(Object.keys(service.spec?.selector ?? {}).map((label) => [label, null]));
    await patch("Service", service, { spec: { selector: { ...former, ...labels } } });
  }
  for (const pod of pods) await patch("Pod", pod, { metadata: { labels } });
  for (const claim of claims) await patch("PersistentVolumeClaim", claim, { metadata: { labels } });
  for (const service of replaced) await remove("v1", "Service", service);
  for (const policy of removed) await remove(policy.apiVersion ?? "", policy.kind ?? "", policy);
}
