import type { AppSettings } from "./app";
import { isMapOrList } from "./byName";
import type { Mistake } from "./mistakes";
import { hasNetworkPolicy } from "./networkPolicy";
import { hasBudget } from "./podDisruptionBudget";
import { createsServiceAccount } from "./serviceAccount";
import type { StoreSettings } from "./store";

/*
 * The fields that an override must not change, because the program relies on them, and what to do instead.
 */

/** A field by its path, and the end of a sentence that begins with "is not allowed". */
type FixedField = [path: string[], instead: string];

const field = (path: string, instead: string): FixedField => [path.split("."), instead];
const entry = (path: string, key: string, instead: string): FixedField => [[...path.split("."), key], instead];

/** The labels by which the program, Services and controllers find objects. */
const labels = [
  ...["name", "instance", "part-of", "managed-by"].map((label) => `app.kubernetes.io/${label}`),
  "stateful-apps/stack-id",
].map((label) => entry("metadata.labels", label, ": objects are found by this label"));

const metadata = [
  ...["name", "generateName"].map((name) => field(`metadata.${name}`, ": names of objects are fixed")),
  field("metadata.namespace", "; use the namespace of the stack"),
  ...labels,
];

const object = [
  ...["apiVersion", "kind"].map((name) => field(name, ": the object stays of its kind")),
  ...metadata,
  ...["patchFieldManager", "skipAwait", "waitFor"].map((name) =>
    entry("metadata.annotations", `pulumi.com/${name}`, ": the program waits by its own rules"),
  ),
];

const pod = [
  ...labels,
  ...metadata,
  entry("metadata.annotations", "stateful-apps/existing-objects", ": it restarts pods when what they read changes"),
  ...["serviceAccountName", "serviceAccount"].map((name) => field(`spec.${name}`, "; use serviceAccount.name")),
];

const container = [
  field("name", ": the container has the name that the program uses"),
  field("image", "; use image"),
  field("volumeMounts", ": a list replaces the mounts of the claims"),
];

const statefulSet = [
  ...object,
  field("spec.selector", ": it selects the pods of the StatefulSet"),
  field("spec.serviceName", ": the headless Service names the pods"),
  field("spec.template", "; use overrides.pod and overrides.container"),
];

const service = [...object, field("spec.selector", ": it selects the pods")];

const networkPolicy = [
  ...object,
  field("spec.podSelector", ": it selects the pods"),
  field("spec.egress", "; use networkPolicy.egress"),
];

type Table = Record<string, FixedField[]>;

const ofApp: Table = {
  statefulSet: [
    ...statefulSet,
    ...["replicas", "ordinals", "updateStrategy", "podManagementPolicy", "minReadySeconds"].map((name) =>
      field(`spec.${name}`, `; use ${name}`),
    ),
    field("spec.volumeClaimTemplates", "; use claims"),
    field("spec.persistentVolumeClaimRetentionPolicy", "; use persistentVolumeClaimRetentionPolicy"),
  ],
  pod: [
    ...pod,
    field("spec.containers", "; use overrides.container and containers"),
    ...["initContainers", "volumes", "imagePullSecrets"].map((name) => field(`spec.${name}`, `; use ${name}`)),
  ],
  container: [...container, ...["env", "envFrom"].map((name) => field(name, `; use ${name}`))],
  headlessService: [
    ...service,
    ...["type", "clusterIP", "clusterIPs"].map((name) => field(`spec.${name}`, ": it is the headless Service")),
    field("spec.ports", "; use ports"),
  ],
  service: [...service, field("spec.type", "; use service.type"), field("spec.ports", "; use ports and service.ports")],
  serviceAccount: object,
  networkPolicy,
  podDisruptionBudget: [
    ...object,
    field("spec.selector", ": it selects the pods"),
    ...["maxUnavailable", "minAvailable", "unhealthyPodEvictionPolicy"].map((name) =>
      field(`spec.${name}`, `; use podDisruptionBudget.${name}`),
    ),
  ],
};

const ofStore: Table = {
  statefulSet: [
    ...statefulSet,
    ...["replicas", "ordinals", "updateStrategy"].map((name) => field(`spec.${name}`, ": a store has one pod")),
    field("spec.volumeClaimTemplates", "; use size and storageClassName"),
    field("spec.persistentVolumeClaimRetentionPolicy", ": the claim of a store is kept"),
  ],
  pod: [...pod, field("spec.containers", "; use overrides.container")],
  container: [...container, field("env", ": a list replaces the password of the store")],
  service: [...service, field("spec.ports", ": apps use the port of the store")],
  networkPolicy,
};

/** The fixed fields of the objects of an app and of a store, by the name of the override. */
export const fixedFields = { app: ofApp, store: ofStore };

type Overrides = Record<string, unknown>;

/** What an app's `overrides` must not change, and what does not exist. */
export const checkAppOverrides = (
  app: Pick<AppSettings, "overrides" | "serviceAccount" | "networkPolicy" | "podDisruptionBudget">,
): Mistake[] => [
  ...checkOverrides("app", app.overrides),
  ...checkCreated(app.overrides, {
    serviceAccount: createsServiceAccount(app),
    networkPolicy: hasNetworkPolicy(app),
    podDisruptionBudget: hasBudget(app),
  }),
];

/** The same for a store. */
export const checkStoreOverrides = (store: Pick<StoreSettings, "overrides" | "networkPolicy">): Mistake[] => [
  ...checkOverrides("store", store.overrides),
  ...checkCreated(store.overrides, { networkPolicy: hasNetworkPolicy(store) }),
];

/** Overrides of objects that are not created. */
const checkCreated = (overrides: Overrides = {}, created: Record<string, boolean>): Mistake[] =>
  Object.entries(created).flatMap(([name, isCreated]) =>
    overrides[name] === undefined || isCreated
      ? []
      : [{ path: ["overrides", name], problem: `requires ${name}.create true` }],
  );

/** Fields of a component's `overrides` that must stay as they are. */
export function checkOverrides(component: keyof typeof fixedFields, overrides: Overrides = {}): Mistake[] {
  return Object.entries(overrides).flatMap(([name, patch]) =>
    mistakesIn(patch, fixedFields[component][name] ?? []).map((mistake) => ({
      ...mistake,
      path: ["overrides", name, ...mistake.path],
    })),
  );
}

function mistakesIn(patch: unknown, fixed: FixedField[]): Mistake[] {
  const found = new Map<string, Mistake>();
  for (const [path, instead] of fixed) {
    const depth = changedAt(patch, path);
    if (depth === undefined) continue;
    const at = path.slice(0, depth);
    const rest = path.slice(depth).join(".");
    const problem = rest === "" ? `is not allowed${instead}` : `must be a map, because ${rest} must stay`;
    if (!found.has(at.join("\0"))) found.set(at.join("\0"), { path: at, problem });
  }
  return [...found.values()];
}

/** The length of the path at which a patch replaces or removes a field, or what contains it; undefined if it does neither. */
export function changedAt(patch: unknown, path: (string | number)[]): number | undefined {
  if (patch === undefined) return undefined;
  if (path.length === 0 || !isMapOrList(patch) || Array.isArray(patch)) return 0;
  const [first = "", ...rest] = path;
  if (!Object.hasOwn(patch, first)) return undefined;
  const depth = changedAt((patch as Record<string, unknown>)[first], rest);
  return depth === undefined ? undefined : depth + 1;
}
