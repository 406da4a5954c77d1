import type { V1StatefulSetSpec } from "@kubernetes/client-node";
import type { Cluster } from "./cluster";

const nothing = () => Promise.resolve(undefined);
const none = () => Promise.resolve([]);

/** No cluster, as for `npm run render`: nothing is known, and nothing is written. */
export class NoCluster implements Cluster {
  readonly context = "";
  readonly providerArgs = {};
  readonly kubectlOptions = "";
  readonly isReadable = false;
  readonly now = Date.now;

  readonly namespace = nothing;
  readonly objects = none;
  readonly object = nothing;
  readonly kind = nothing;
  readonly statefulSets = none;
  readonly budgets = none;
  readonly claims = none;
  readonly volume = nothing;
  readonly snapshots = none;
  readonly snapshotContent = nothing;
  readonly configMap = nothing;
  readonly secret = nothing;
  readonly mayListSecrets = () => Promise.resolve(true);
  readonly jobs = none;
  readonly serviceAnnotations = () => Promise.resolve({});
  readonly mutatingWebhooks = nothing;
  readonly validate = () => Promise.resolve({});
  readonly withDefaults = (_: string, spec: V1StatefulSetSpec) => Promise.resolve(spec);

  readonly statefulSet = nothing;
  readonly listStatefulSets = none;
  readonly job = nothing;
  readonly pods = none;
  readonly revisions = none;
  readonly events = none;
  readonly volumeUse = () => Promise.resolve(new Map<string, never>());
  readonly log = () => Promise.resolve("");

  readonly evictPod = () => Promise.resolve(false);
  readonly ownFields = nothing;
  readonly labelNamespace = () => Promise.resolve(false);
  readonly annotateService = nothing;
  readonly apply = nothing;
  readonly deleteSnapshot = nothing;
  readonly growClaim = nothing;
  readonly touchPod = nothing;
  readonly deleteWithoutPods = nothing;
  readonly deleteClaim = () => Promise.resolve(false);
  readonly labelClaim = nothing;
  readonly guardSecret = nothing;
}
