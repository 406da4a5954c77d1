import {
  AdmissionregistrationV1Api,
  AppsV1Api,
  AuthorizationV1Api,
  BatchV1Api,
  CoreV1Api,
  type Configuration,
  createConfiguration,
  type KubernetesObject,
  NetworkingV1Api,
  PatchStrategy,
  PolicyV1Api,
  ServerConfiguration,
  setHeaderOptions,
  type V1ConfigMap,
  type V1ObjectMeta,
  type V1PersistentVolumeClaim,
  type V1StatefulSet,
  type V1StatefulSetSpec,
  type V1Pod,
} from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { userError } from "../schema/userError";
import type { Labels } from "../objects/labels";
import { fieldManager } from "../objects/metadata";
import { snapshotApi } from "../objects/snapshots";
import type {
  Cluster,
  Hidden,
  Kind,
  LiveObject,
  LiveSecret,
  ObjectName,
  Verdict,
  VolumeSnapshot,
  VolumeSnapshotContent,
  VolumeUse,
} from "./cluster";
import { AnyKind } from "./anyKind";
import { type ClusterAccess, isHidden, loadKubeconfig, podContext } from "./kubeconfig";
import { hasCode, NoAnswer, patientHttp, unlessMissing, usualPatience } from "./requests";
import { validate, withDefaults } from "./validation";
import { type StatsSummary, usedVolumes } from "./volumes/use";

/** The second field manager of generated values. */
const guard = `${fieldManager}-generated`;

/** The field manager of the records of jobs, which are not part of what is applied. */
const recorder = `${fieldManager}-jobs`;

/** The manager of the fields of an object that the provider has created, which the provider cannot be told. */
const creator = "pulumi-kubernetes";

/** Labels as a selector. */
const selector = (labels: Labels) =>
  Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(",");

const items = <T>(list: { items: T[] }): T[] => list.items;

/** The cluster of a kubeconfig. */
export class KubeCluster implements Cluster {
  readonly context: string;
  readonly kubectlOptions: string;
  /** Where an object is validated whose namespace does not exist: one that every cluster has, and the user's own. */
  private readonly otherNamespaces: string[];
  private readonly configuration: Configuration;
  private readonly core: CoreV1Api;
  private readonly apps: AppsV1Api;
  private readonly batch: BatchV1Api;
  private readonly networking: NetworkingV1Api;
  private readonly policy: PolicyV1Api;
  private readonly admission: AdmissionregistrationV1Api;
  private readonly authorization: AuthorizationV1Api;
  /** Objects of any kind, for commands. The program itself uses what {@link Cluster} has. */
  readonly any: AnyKind;
  private answers = true;
  /** By how many milliseconds the clock of the API server is ahead. */
  private ahead = 0;

  constructor(
    private readonly access: ClusterAccess,
    patience = usualPatience(),
  ) {
    const kubeConfig = loadKubeconfig(access);
    const { kubeconfig } = access;
    this.context = kubeConfig.getCurrentContext();
    const path = kubeconfig !== undefined && !isHidden(access) ? ["--kubeconfig", kubeconfig] : [];
    const context = this.context === podContext ? [] : ["--context", this.context];
    this.kubectlOptions = [...path, ...context].join(" ");

    const { namespace } = kubeConfig.getContextObject(this.context) ?? {};
    this.otherNamespaces = ["default", ...(namespace === undefined ? [] : [namespace])];
    const configuration = createConfiguration({
      baseServer: new ServerConfiguration(kubeConfig.getCurrentCluster()?.server ?? "", {}),
      authMethods: { default: kubeConfig },
      httpApi: patientHttp(patience, (date) => {
        this.ahead = date - Date.now();
      }),
    });
    this.configuration = configuration;
    this.core = new CoreV1Api(configuration);
    this.apps = new AppsV1Api(configuration);
    this.batch = new BatchV1Api(configuration);
    this.networking = new NetworkingV1Api(configuration);
    this.policy = new PolicyV1Api(configuration);
    this.admission = new AdmissionregistrationV1Api(configuration);
    this.authorization = new AuthorizationV1Api(configuration);
    this.any = new AnyKind(configuration);
  }

  get providerArgs() {
    // With the empty text the provider looks for the kubeconfig as kubectl does, on whichever machine it runs. Without a text
    // the SDK would record the value of KUBECONFIG, and `pulumi destroy` would look for it on every other machine too.
    const { kubeconfig = "" } = this.access;
    const context = this.context === podContext ? undefined : this.context;
    return {
      // The config is read as text, which does not say that it is a secret.
      kubeconfig: isHidden(this.access) ? pulumi.secret(kubeconfig) : kubeconfig,
      // Only in a preview: with a context that does not exist, the provider does not make attempts of its own for a minute.
      context: this.answers ? context : `${this.context} (does not answer)`,
    };
  }

  get isReadable(): boolean {
    return this.answers;
  }

  now(): number {
    return Date.now() + this.ahead;
  }

  async namespace(name: string): Promise<V1ObjectMeta | Hidden | undefined> {
    const namespace = await this.ask(() => this.core.readNamespace({ name }));
    return namespace === "hidden" ? namespace : namespace && (namespace.metadata ?? {});
  }

  async objects(kind: Exclude<Kind, "Secret">, namespace: string): Promise<LiveObject[]> {
    const query = { namespace };
    const requests: Record<typeof kind, () => Promise<{ items: { metadata?: V1ObjectMeta }[] }>> = {
      StatefulSet: () => this.apps.listNamespacedStatefulSet(query),
      Service: () => this.core.listNamespacedService(query),
      ServiceAccount: () => this.core.listNamespacedServiceAccount(query),
      NetworkPolicy: () => this.networking.listNamespacedNetworkPolicy(query),
      PodDisruptionBudget: () => this.policy.listNamespacedPodDisruptionBudget(query),
      ConfigMap: () => this.core.listNamespacedConfigMap(query),
      Job: () => this.batch.listNamespacedJob(query),
      CronJob: () => this.batch.listNamespacedCronJob(query),
    };
    const list = this.shown(await this.ask(requests[kind]), `list ${kind}s`, namespace);
    return (list?.items ?? []).map(({ metadata = {} }) => ({ ...metadata, name: metadata.name ?? "" }));
  }

  async object({ apiVersion, kind, metadata }: ObjectName): Promise<LiveObject | undefined> {
    const answer = await this.ask(() => this.any.read({ apiVersion, kind, metadata: { ...metadata } }));
    const object = this.shown(answer, `get the ${kind} ${metadata.name}`, metadata.namespace ?? "");
    return object && { ...object.metadata, name: metadata.name };
  }

  async kind(apiVersion: string, kind: string): Promise<{ isNamespaced: boolean } | Hidden | undefined> {
    const found = await this.ask(() => this.any.resource(apiVersion, kind));
    return found === "hidden" ? found : found && { isNamespaced: found.namespaced };
  }

  async statefulSets(namespace: string) {
    const list = await this.ask(() => this.apps.listNamespacedStatefulSet({ namespace }));
    return list === "hidden" ? [] : (list?.items ?? []);
  }

  async budgets(namespace: string) {
    const list = await this.ask(() => this.policy.listNamespacedPodDisruptionBudget({ namespace }));
    return this.shown(list, "list PodDisruptionBudgets", namespace)?.items ?? [];
  }

  async claims(namespace: string) {
    const list = await this.ask(() => this.core.listNamespacedPersistentVolumeClaim({ namespace }));
    return this.shown(list, "list PersistentVolumeClaims", namespace)?.items ?? [];
  }

  volume(name: string) {
    return this.ask(() => this.core.readPersistentVolume({ name }));
  }

  async snapshots(namespace: string): Promise<VolumeSnapshot[] | undefined> {
    const kind = "VolumeSnapshot";
    const list = await this.ask(async () => {
      const resource = await this.any.resource(snapshotApi, kind);
      return resource && this.any.list(snapshotApi, kind, namespace);
    });
    const found = this.shown(list, "list VolumeSnapshots", namespace)?.items as VolumeSnapshot[] | undefined;
    // The client does not know the kind, and leaves times in a list of it as text.
    return found?.map((snapshot) => {
      const { creationTimestamp = 0 } = snapshot.metadata;
      return { ...snapshot, metadata: { ...snapshot.metadata, creationTimestamp: new Date(creationTimestamp) } };
    });
  }

  async snapshotContent(name: string): Promise<VolumeSnapshotContent | undefined> {
    const content = { apiVersion: snapshotApi, kind: "VolumeSnapshotContent", metadata: { name } };
    const answer = await this.ask(() => this.any.read(content));
    if (answer !== "hidden") return answer as VolumeSnapshotContent | undefined;
    throw userError(
      `The user of the context ${JSON.stringify(this.context)} is not allowed to get VolumeSnapshotContents, which volumes from snapshots of another namespace require. docs/snapshots.md has the rights.`,
    );
  }

  async configMap(namespace: string, name: string): Promise<V1ConfigMap | undefined> {
    const answer = await this.ask(() => this.core.readNamespacedConfigMap({ namespace, name }));
    return this.shown(answer, `get the ConfigMap ${name}`, namespace);
  }

  async secret(namespace: string, name: string): Promise<LiveSecret | undefined> {
    const answer = await this.ask(() => this.core.readNamespacedSecret({ namespace, name }));
    const secret = this.shown(answer, `get the Secret ${name}`, namespace);
    if (secret === undefined) return undefined;
    const { metadata, type = "Opaque", data = {} } = secret;
    return {
      labels: metadata?.labels ?? {},
      annotations: metadata?.annotations ?? {},
      type,
      data: new Map(Object.entries(data)),
      isGuarded: metadata?.managedFields?.some(({ manager }) => manager === guard) ?? false,
    };
  }

  async mayListSecrets(namespace: string): Promise<boolean> {
    const body = { spec: { resourceAttributes: { namespace, verb: "list", resource: "secrets" } } };
    const review = await this.ask(() => this.authorization.createSelfSubjectAccessReview({ body }));
    // A cluster that does not answer this question may still allow it.
    return review === "hidden" || review?.status?.allowed !== false;
  }

  async jobs(namespace: string, labels: Labels) {
    const query = { namespace, labelSelector: selector(labels) };
    const list = await this.ask(() => this.batch.listNamespacedJob(query));
    return list === "hidden" ? [] : (list?.items ?? []);
  }

  async serviceAnnotations(namespace: string, name: string) {
    const service = await this.ask(() => this.core.readNamespacedService({ namespace, name }));
    return service === "hidden" ? {} : (service?.metadata?.annotations ?? {});
  }

  async mutatingWebhooks(): Promise<string[] | Hidden | undefined> {
    const list = await this.ask(() => this.admission.listMutatingWebhookConfiguration());
    if (list === "hidden") return list;
    return list?.items.flatMap(({ webhooks = [] }) => webhooks.map(({ name }) => name));
  }

  async validate(object: KubernetesObject, hasNamespace: boolean): Promise<Verdict> {
    const { namespace = "" } = object.metadata ?? {};
    const namespaces = hasNamespace ? [namespace] : this.otherNamespaces.filter((name) => name !== namespace);
    const verdict = await this.ask(() => validate(object, namespaces, this.any, this.configuration));
    return verdict === "hidden" ? {} : (verdict ?? {});
  }

  async withDefaults(namespace: string, spec: V1StatefulSetSpec): Promise<V1StatefulSetSpec> {
    // Under its own name, there would be one already.
    const metadata = { generateName: "dry-run-" };
    const object = { apiVersion: "apps/v1", kind: "StatefulSet", metadata, spec };
    return (await withDefaults(object, namespace, this.any, this.configuration)).spec;
  }

  statefulSet(namespace: string, name: string) {
    return unlessMissing(this.apps.readNamespacedStatefulSet({ namespace, name }));
  }

  listStatefulSets(namespace: string) {
    return this.apps.listNamespacedStatefulSet({ namespace }).then(items);
  }

  job(namespace: string, name: string) {
    return unlessMissing(this.batch.readNamespacedJob({ namespace, name }));
  }

  pods(namespace: string, labels: Labels) {
    return this.core.listNamespacedPod({ namespace, labelSelector: selector(labels) }).then(items);
  }

  revisions(namespace: string, labels: Labels) {
    return this.apps.listNamespacedControllerRevision({ namespace, labelSelector: selector(labels) }).then(items);
  }

  events(namespace: string) {
    return this.core.listNamespacedEvent({ namespace }).then(items);
  }

  async volumeUse(node: string, namespace: string): Promise<Map<string, VolumeUse>> {
    // The kubelet answers with JSON, which the client parses although it declares text.
    const summary: unknown = await this.core.connectGetNodeProxyWithPath({ name: node, path: "stats/summary" });
    return usedVolumes(summary as StatsSummary, namespace);
  }

  log(namespace: string, pod: string, container: string, run: "previous" | "current"): Promise<string> {
    const request = {
      namespace,
      name: pod,
      container,
      tailLines: 5,
      limitBytes: 1 << 14,
      previous: run === "previous",
    };
    return this.core.readNamespacedPodLog(request);
  }

  async evictPod({ metadata }: V1Pod): Promise<boolean> {
    const { namespace = "", name = "", uid, resourceVersion } = metadata ?? {};
    const body = { metadata: { namespace, name }, deleteOptions: { preconditions: { uid, resourceVersion } } };
    try {
      await this.core.createNamespacedPodEviction({ namespace, name, body });
      return true;
    } catch (error) {
      if (hasCode(error, 404, 409)) return false;
      throw error;
    }
  }

  async ownFields(object: ObjectName): Promise<void> {
    // Controllers change new objects too, which is a conflict.
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      const { metadata = {} } = await this.any.read(object);
      const { resourceVersion, managedFields = [] } = metadata;
      if (!managedFields.some(({ manager }) => manager === creator)) return;
      const owned = managedFields.map((fields) =>
        fields.manager === creator ? { ...fields, manager: fieldManager, operation: "Apply" } : fields,
      );
      const body = { ...object, metadata: { ...object.metadata, resourceVersion, managedFields: owned } };
      try {
        await this.any.patch(body, undefined, undefined, undefined, undefined, PatchStrategy.MergePatch);
        return;
      } catch (error) {
        if (!hasCode(error, 409)) throw error;
      }
    }
  }

  async labelNamespace(name: string, labels: Labels): Promise<boolean> {
    const answer = await this.ask(() =>
      this.core.patchNamespace(
        { name, body: { metadata: { labels } }, fieldManager },
        setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
      ),
    );
    return answer !== "hidden";
  }

  async annotateService(namespace: string, name: string, annotations: Record<string, string>): Promise<void> {
    await this.core.patchNamespacedService(
      { namespace, name, body: { metadata: { annotations } }, fieldManager: recorder },
      setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
    );
  }

  async apply(object: KubernetesObject): Promise<void> {
    await this.any.patch(object, undefined, undefined, fieldManager, false, PatchStrategy.ServerSideApply);
  }

  async deleteSnapshot({ metadata: { namespace, name, uid } }: VolumeSnapshot): Promise<void> {
    const snapshot = { apiVersion: snapshotApi, kind: "VolumeSnapshot", metadata: { namespace, name } };
    const body = { preconditions: { uid } };
    await unlessMissing(this.any.delete(snapshot, undefined, undefined, undefined, undefined, undefined, body));
  }

  async growClaim({ metadata }: V1PersistentVolumeClaim, size: string, { dryRun } = { dryRun: false }): Promise<void> {
    const { namespace = "", name = "" } = metadata ?? {};
    const body = { spec: { resources: { requests: { storage: size } } } };
    await this.core.patchNamespacedPersistentVolumeClaim(
      { namespace, name, body, fieldManager, dryRun: dryRun ? "All" : undefined },
      setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
    );
  }

  async touchPod(namespace: string, name: string, annotations: Record<string, string>): Promise<void> {
    try {
      await this.core.patchNamespacedPod(
        { namespace, name, body: { metadata: { annotations } }, fieldManager },
        setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
      );
    } catch (error) {
      if (!hasCode(error, 403, 404)) throw error;
    }
  }

  async deleteWithoutPods({ metadata }: V1StatefulSet): Promise<void> {
    const { namespace = "", name = "", uid } = metadata ?? {};
    // With a body, the API server ignores the policy among the parameters of the request.
    const body = { propagationPolicy: "Orphan", preconditions: { uid } };
    try {
      await this.apps.deleteNamespacedStatefulSet({ namespace, name, body });
    } catch (error) {
      if (!hasCode(error, 404)) throw error;
    }
  }

  async deleteClaim({ metadata }: V1PersistentVolumeClaim): Promise<boolean> {
    const { namespace = "", name = "", uid, resourceVersion } = metadata ?? {};
    const body = { preconditions: { uid, resourceVersion } };
    try {
      await this.core.deleteNamespacedPersistentVolumeClaim({ namespace, name, body });
    } catch (error) {
      if (hasCode(error, 409)) return false;
      if (!hasCode(error, 404)) throw error;
    }
    return true;
  }

  async labelClaim({ metadata }: V1PersistentVolumeClaim, labels: Labels): Promise<void> {
    const { namespace = "", name = "" } = metadata ?? {};
    await this.core.patchNamespacedPersistentVolumeClaim(
      { namespace, name, body: { metadata: { labels } }, fieldManager },
      setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
    );
  }

  async guardSecret(namespace: string, name: string, data: Record<string, string>): Promise<void> {
    const body = { apiVersion: "v1", kind: "Secret", metadata: { name, namespace }, data };
    await this.core.patchNamespacedSecret(
      { namespace, name, body, fieldManager: guard, force: true },
      setHeaderOptions("Content-Type", PatchStrategy.ServerSideApply),
    );
  }

  /**
   * Sends a request: undefined if the object does not exist. A cluster that does not answer ends an update. A preview
   * prints one warning and continues without the cluster.
   */
  private async ask<T>(request: () => Promise<T>): Promise<T | Hidden | undefined> {
    if (!this.answers) return undefined;
    try {
      return await request();
    } catch (error) {
      if (hasCode(error, 404)) return undefined;
      if (hasCode(error, 403)) return "hidden";
      const problem = new NoAnswer(this.context, error);
      if (!pulumi.runtime.isDryRun()) throw problem;
      await this.goOnWithout(problem);
      return undefined;
    }
  }

  /** Warns once, although several requests can be under way. */
  private async goOnWithout({ message }: NoAnswer): Promise<void> {
    if (!this.answers) return;
    this.answers = false;
    await pulumi.log.warn(
      `${message}. Not checked: that it is the stack's cluster, whether the namespace and the objects in it are the stack's own, and what the API server would refuse.`,
    );
  }

  /** Ends the program if something is hidden that it needs. */
  private shown<T>(answer: T | Hidden, verb: string, namespace: string): T {
    if (answer !== "hidden") return answer;
    throw userError(
      `The user of the context ${JSON.stringify(this.context)} is not allowed to ${verb} in the namespace ${namespace}, which the program must do before it changes anything. docs/role.yaml has the rights that it needs.`,
    );
  }
}
