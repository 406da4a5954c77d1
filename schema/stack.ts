import { closest, distance } from "fastest-levenshtein";
import { z } from "zod";
import {
  absolutePath,
  boolean,
  configKey,
  environmentName,
  image,
  integer,
  label,
  objectName,
  oneOf,
  port,
  portOrName,
  quantity,
  resourceName,
  serviceName,
  size,
  text,
  urlPath,
  vaultName,
} from "./values";

/** The longest name of a StatefulSet: Kubernetes adds a dash and ten characters to it in a label of at most 63. */
const maxAppNameLength = 52;

function unknownKey(unknown: string, known: string[]): string {
  const nearest = closest(unknown, known);
  const isTypo = distance(unknown.toLowerCase(), nearest.toLowerCase()) <= Math.max(2, unknown.length / 3);
  return isTypo
    ? `is no known key; did you mean ${nearest}?`
    : `is no known key; the keys here are ${known.join(", ")}`;
}

/** A map of settings: a key that is not in `shape` is a mistake, and the nearest one that is there is named. */
function settings<S extends z.ZodRawShape>(shape: S) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    // One line for each unknown key, in their order; mistakes.ts puts the keys before them.
    error: (issue) =>
      issue.code === "unrecognized_keys" ? issue.keys.map((key) => unknownKey(key, known)).join("\n") : "must be a map",
  });
}

const map = <K extends z.core.$ZodRecordKey, V extends z.ZodType>(key: K, value: V) =>
  z.record(key, value, { error: "must be a map" });

const list = <T extends z.ZodType>(item: T) => z.array(item, { error: "must be a list" });

/** A map of settings, or a plain value that stands for the map's `value`. */
const orValue = <S extends z.ZodType>(schema: S) =>
  z
    .preprocess((given) => (typeof given === "object" ? given : { value: given }), schema)
    .meta({ type: ["object", "string", "number", "boolean"] });

/** What Kubernetes itself checks: a map of its own fields, passed through as it is. */
const kubernetesMap = () => map(z.string(), z.json());
const kubernetesList = () => list(kubernetesMap());

const seconds = (minimum: number) => integer(minimum, 86400);

const probeSettings = {
  httpGet: settings({
    path: urlPath().describe("the path to ask for; one that does not count a visit"),
    port: portOrName().optional().describe("the container's port, by number or as http (default http)"),
  }).describe("a GET that is fine when it is answered with a status from 200 to 399"),
  initialDelaySeconds: seconds(0).optional().describe("seconds to wait before the first probe (default 0)"),
  periodSeconds: seconds(1).optional().describe("seconds between probes (default 10)"),
  timeoutSeconds: seconds(1).optional().describe("seconds that one probe may take (default 1)"),
  failureThreshold: integer(1, 1000).optional().describe("failures in a row that count as one (default 3)"),
};

const probe = settings(probeSettings);

const readinessProbe = settings({
  ...probeSettings,
  successThreshold: integer(1, 1000).optional().describe("successes in a row that count as one (default 1)"),
});

const amounts = map(resourceName(), quantity());

const claim = settings({
  size: size().describe("the size of each replica's volume, as in 512Mi"),
  mountPath: absolutePath().describe("where the container finds the volume"),
  storageClassName: objectName().optional().describe("the storage class (default: the cluster's default class)"),
  accessModes: list(oneOf("ReadWriteOnce", "ReadWriteOncePod", "ReadWriteMany", "ReadOnlyMany"))
    .optional()
    .describe("how nodes may mount it (default [ReadWriteOnce])"),
});

const keyOf = (what: string) =>
  settings({
    name: objectName().describe(`a name in ${what}`),
    key: configKey().describe("one of its keys"),
  });

const environmentValue = orValue(
  settings({
    value: text().optional().describe("text; what stands in the variable's place means the same"),
    valueFrom: settings({
      configMapKeyRef: keyOf("configMaps").optional().describe("a key of a ConfigMap"),
      secretKeyRef: keyOf("secrets").optional().describe("a key of a Secret"),
      fieldRef: settings({ fieldPath: text().describe("as in metadata.name") })
        .optional()
        .describe("a field of the pod"),
    })
      .optional()
      .describe("where the value comes from: one of these"),
  }),
);

const environmentSource = settings({
  configMapRef: settings({ name: objectName().describe("a name in configMaps") })
    .optional()
    .describe("every key of a ConfigMap"),
  secretRef: settings({ name: objectName().describe("a name in secrets") })
    .optional()
    .describe("every key of a Secret"),
  prefix: environmentName().optional().describe("put before every name"),
});

const items = list(settings({ key: configKey().describe("a key"), path: text().describe("the file's name") }))
  .optional()
  .describe("the keys to mount, each as a file (default: all of them, under their own names)");

const volume = settings({
  mountPath: absolutePath()
    .optional()
    .describe("where the container finds the volume (default: nowhere, it is for other containers)"),
  subPath: text().optional().describe("the one file or folder of the volume to mount"),
  readOnly: boolean().optional().describe("true keeps the container from writing (default false)"),
  configMap: settings({ name: objectName().describe("a name in configMaps"), items })
    .optional()
    .describe("the keys of a ConfigMap as files"),
  secret: settings({ secretName: objectName().describe("a name in secrets"), items })
    .optional()
    .describe("the keys of a Secret as files"),
  emptyDir: settings({
    sizeLimit: quantity().optional().describe("the most that it may hold"),
    medium: oneOf("Memory").optional().describe("Memory keeps it in memory (default: on the node's disk)"),
  })
    .optional()
    .describe("an empty folder that lives as long as the pod"),
  persistentVolumeClaim: kubernetesMap().optional().describe("a claim that exists, as Kubernetes has it"),
  projected: kubernetesMap().optional().describe("Kubernetes' projected volume"),
  ephemeral: kubernetesMap().optional().describe("Kubernetes' ephemeral volume"),
  csi: kubernetesMap().optional().describe("Kubernetes' inline CSI volume"),
  nfs: kubernetesMap().optional().describe("Kubernetes' NFS volume"),
  hostPath: kubernetesMap().optional().describe("Kubernetes' path on the node"),
});

const service = settings({
  type: oneOf("ClusterIP", "NodePort", "LoadBalancer").optional().describe("who can reach it (default ClusterIP)"),
  port: port().optional().describe("the port it listens on (default: the container's port)"),
  portName: label().optional().describe("the port's name (default http)"),
  nodePort: port().optional().describe("the port on every node, for NodePort and LoadBalancer (default: chosen)"),
  annotations: map(z.string(), text()).optional().describe("annotations, as cloud load balancers read them"),
});

const serviceAccount = settings({
  name: objectName().optional().describe("its name (default: the app's)"),
  create: boolean().default(true).describe("false uses one that exists (default true)"),
  annotations: map(z.string(), text()).optional().describe("annotations, as clouds bind identities by them"),
});

const vault = settings({
  role: text().describe("the role by which the pods log in to Vault"),
  secrets: map(
    vaultName(),
    settings({
      path: text().describe("the secret's path in Vault, as in internal/data/server/config"),
      file: configKey().optional().describe("the file's name in /vault/secrets (default: the secret's name here)"),
      template: text().optional().describe("a Consul template of the file (default: a line for each key)"),
    }),
  ).describe("the secrets, each a file in /vault/secrets, by name"),
  status: oneOf("update").optional().describe("update has secrets injected again into a pod that had them before"),
  prePopulate: boolean().optional().describe("false starts the app without waiting for its secrets (default true)"),
  requireInjector: boolean()
    .default(true)
    .describe("false deploys where Vault's injector is not found: pods start without their secrets (default true)"),
});

const resources = settings({
  requests: amounts.optional().describe("what the scheduler sets aside, by resource: cpu, memory, …"),
  limits: amounts.optional().describe("what the container cannot exceed"),
})
  .optional()
  .describe("CPU and memory");

const command = list(text()).optional().describe("the command, in place of the image's entry point");
const args = list(text()).optional().describe("the command's arguments");
const env = map(environmentName(), environmentValue).optional().describe("environment variables: text, or a source");
const envFrom = list(environmentSource).optional().describe("whole ConfigMaps and Secrets as environment variables");

const jobs = map(
  label(),
  settings({
    image: image().optional().describe("the container's image (default: the app's)"),
    command,
    args,
    env,
    envFrom,
    resources,
    backoffLimit: integer(0, 100).optional().describe("how often a failed pod is tried again (default 0)"),
    activeDeadlineSeconds: seconds(1).optional().describe("seconds after which the job has failed (default 300)"),
    securityContext: kubernetesMap()
      .optional()
      .describe("fields that replace those of the restricted default, which runs as user 65532"),
  }),
);

const updateStrategy = settings({
  type: oneOf("RollingUpdate", "OnDelete").optional().describe("who replaces old pods (default RollingUpdate)"),
  rollingUpdate: settings({
    partition: integer(0, 1000).optional().describe("update only pods with this ordinal or a higher one (default 0)"),
    maxUnavailable: integer(1, 1000).optional().describe("pods that may be down at once, where the cluster knows it"),
  })
    .optional()
    .describe("how RollingUpdate goes"),
});

export const app = settings({
  image: image().describe("the container's image"),
  imagePullPolicy: oneOf("Always", "IfNotPresent", "Never")
    .optional()
    .describe("when to pull it (default: Kubernetes')"),
  imagePullSecrets: list(settings({ name: objectName().describe("a Secret that exists") }))
    .optional()
    .describe("the registry's credentials"),
  containerPort: port().default(8080).describe("the port that the container listens on, named http (default 8080)"),
  replicas: integer(0, 1000).optional().describe("how many pods (default: the stack's replicas)"),
  podManagementPolicy: oneOf("OrderedReady", "Parallel")
    .default("OrderedReady")
    .describe("start and stop pods one by one, or all at once (default OrderedReady); a change replaces all pods"),
  updateStrategy: updateStrategy.optional().describe("how a change reaches the pods"),
  store: label()
    .optional()
    .describe("a name in stores: the app gets REDIS_ADDRESS, REDIS_KEY and REDIS_PASSWORD in its environment"),
  command,
  args,
  env,
  envFrom,
  resources,
  startupProbe: probe.optional().describe("holds the other probes back until it succeeds once"),
  livenessProbe: probe.optional().describe("restarts the container when it fails"),
  readinessProbe: readinessProbe.optional().describe("takes the pod out of its Services while it fails"),
  claims: map(label(), claim).optional().describe("a volume of its own for every replica, by the volume's name"),
  volumes: map(label(), volume).optional().describe("volumes that are not claimed, by name, each with one source"),
  service: service.optional().describe("the Service NAME-http, for clients"),
  serviceAccount: serviceAccount.optional().describe("the pods' identity"),
  automountServiceAccountToken: boolean()
    .optional()
    .describe("true gives the pods a token for the Kubernetes API (default false)"),
  jobs: settings({
    before: jobs.default({}).describe("jobs that must succeed before the pods change, by name"),
    after: jobs.default({}).describe("jobs that start when the pods are ready, by name"),
  })
    .optional()
    .describe("jobs that run once for each change of the pods, or of the job"),
  connectionTest: settings({
    path: urlPath().optional().describe("the path to ask for (default /)"),
    image: image().optional().describe("the container's image (default busybox:1.37)"),
    command: list(text())
      .optional()
      .describe("what asks for the address in the variable URL, and fails without an answer (default wget)"),
  })
    .optional()
    .describe("asks the Service for clients for an answer once the pods are ready, and fails where none comes"),
  vault: vault.optional().describe("secrets of HashiCorp Vault as files, by its injector; see docs/vault.md"),
  podAnnotations: map(z.string(), text()).optional().describe("the pods' annotations"),
  podLabels: map(z.string(), text()).optional().describe("more labels for the pods"),
  podSecurityContext: kubernetesMap().optional().describe("fields that replace those of the restricted default"),
  securityContext: kubernetesMap().optional().describe("the same for the container"),
  terminationGracePeriodSeconds: seconds(0)
    .optional()
    .describe("seconds between the request to stop and the kill (default 30)"),
  minReadySeconds: seconds(0).optional().describe("seconds a pod must stay ready to count as available (default 0)"),
  progressDeadlineSeconds: seconds(1)
    .optional()
    .describe(
      "seconds without progress after which a rollout has failed (default: 120, and what the probes, minReadySeconds and the grace period allow)",
    ),
  priorityClassName: objectName().optional().describe("the pods' priority class"),
  nodeSelector: map(z.string(), text()).optional().describe("labels that a node must have"),
  tolerations: kubernetesList().optional().describe("taints that the pods tolerate"),
  affinity: kubernetesMap().optional().describe("where pods go, in relation to nodes and to each other"),
  topologySpreadConstraints: kubernetesList().optional().describe("how pods spread over nodes and zones"),
  lifecycle: kubernetesMap().optional().describe("what the container does after its start and before its stop"),
  initContainers: kubernetesList().optional().describe("containers that run before the app's"),
  containers: kubernetesList().optional().describe("containers beside the app's"),
});

const secretValue = orValue(
  settings({
    value: text().optional().describe("the value; what stands in the key's place means the same"),
    generate: integer(8, 256).optional().describe("make up a value of so many letters and digits, once"),
  }),
);

const store = settings({
  image: image().default("redis:7.4-alpine").describe("the image of redis (default redis:7.4-alpine)"),
  size: size().default("1Gi").describe("the size of its volume (default 1Gi)"),
  storageClassName: objectName().optional().describe("the storage class (default: the cluster's default class)"),
  resources,
});

/** The stack's config, as it is written under `stateful-apps:`. */
export const stack = settings({
  namespace: label()
    .default("stateful-apps")
    .describe("where everything goes (default stateful-apps); made where it is missing, and never removed"),
  replicas: integer(0, 1000).default(1).describe("pods of every app that does not set its own (default 1)"),
  apps: map(serviceName(maxAppNameLength), app).default({}).describe("the apps, by name"),
  configMaps: map(objectName(), map(configKey(), text())).default({}).describe("ConfigMaps, by name: text by key"),
  secrets: map(objectName(), map(configKey(), secretValue))
    .default({})
    .describe("Secrets, by name: a value by key, set with `pulumi config set --secret --path`, or generated"),
  stores: map(serviceName(maxAppNameLength), store)
    .default({})
    .describe("shared stores, by name: each a redis with a password, in the Secret of its name, and a volume"),
  adoptClaims: list(objectName())
    .default([])
    .describe("claims that this stack did not leave behind and that its pods may use, by name"),
  giveUpClaims: list(objectName())
    .default([])
    .describe("claims that are being deleted and whose pods may stop, by name: their data goes then"),
  clusterId: text()
    .optional()
    .describe("the one cluster that the stack may go to: the UID of its namespace kube-system"),
});

export type StackSettings = z.output<typeof stack>;
export type AppSettings = z.output<typeof app>;
