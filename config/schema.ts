import { z } from "zod";
import { closest, distance } from "fastest-levenshtein";
import {
  absolutePath,
  environmentName,
  image,
  integer,
  label,
  oneOf,
  port,
  quantity,
  resourceName,
  serviceName,
  text,
  urlPath,
} from "./values";

/** The longest name of a StatefulSet: Kubernetes adds a dash and ten characters to it in a label of at most 63. */
export const maxAppNameLength = 52;

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

const probe = settings({
  httpGet: settings({
    path: urlPath().describe("the path to ask for; one that does not count a visit"),
  }).describe("a GET at the container's port, fine when it answers with a status from 200 to 399"),
  initialDelaySeconds: integer(0, 86400).optional().describe("seconds to wait before the first probe (default 0)"),
  periodSeconds: integer(1, 86400).optional().describe("seconds between probes (default 10)"),
  timeoutSeconds: integer(1, 86400).optional().describe("seconds that one probe may take (default 1)"),
  failureThreshold: integer(1, 1000).optional().describe("failures in a row that count as one (default 3)"),
});

const amounts = map(resourceName(), quantity());

const claim = settings({
  size: quantity().describe("the size of each replica's volume, as in 512Mi"),
  mountPath: absolutePath().describe("where the container finds the volume"),
  storageClassName: label().optional().describe("the storage class (default: the cluster's default class)"),
  accessModes: list(oneOf("ReadWriteOnce", "ReadWriteOncePod", "ReadWriteMany", "ReadOnlyMany"))
    .optional()
    .describe("how nodes may mount it (default [ReadWriteOnce])"),
});

const service = settings({
  type: oneOf("ClusterIP", "NodePort", "LoadBalancer").optional().describe("who can reach it (default ClusterIP)"),
  port: port().optional().describe("the port it listens on (default: the container's port)"),
  nodePort: port().optional().describe("the port on every node, for NodePort and LoadBalancer (default: chosen)"),
  annotations: map(z.string(), text()).optional().describe("annotations, as cloud load balancers read them"),
});

const app = settings({
  image: image().describe("the container's image"),
  imagePullPolicy: oneOf("Always", "IfNotPresent", "Never")
    .optional()
    .describe("when to pull it (default: Kubernetes')"),
  containerPort: port().default(8080).describe("the port that the container listens on, named http (default 8080)"),
  replicas: integer(0, 1000).optional().describe("how many pods (default: the stack's replicas)"),
  podManagementPolicy: oneOf("OrderedReady", "Parallel")
    .default("OrderedReady")
    .describe("start and stop pods one by one, or all at once (default OrderedReady); a change replaces all pods"),
  command: list(text()).optional().describe("the command, in place of the image's entry point"),
  args: list(text()).optional().describe("the command's arguments"),
  env: map(environmentName(), text()).optional().describe("environment variables"),
  resources: settings({
    requests: amounts.optional().describe("what the scheduler sets aside"),
    limits: amounts.optional().describe("what the container cannot exceed"),
  })
    .optional()
    .describe("CPU and memory"),
  startupProbe: probe.optional().describe("holds the other probes back until it succeeds once"),
  livenessProbe: probe.optional().describe("restarts the container when it fails"),
  readinessProbe: probe.optional().describe("takes the pod out of its Services while it fails"),
  claims: map(label(), claim).optional().describe("a volume of its own for every replica, by the volume's name"),
  service: service.optional().describe("the Service NAME-http, for clients"),
  terminationGracePeriodSeconds: integer(0, 86400)
    .optional()
    .describe("seconds between the request to stop and the kill (default 30)"),
});

/** The stack's config, as it is written under `stateful-apps:`. */
export const stack = settings({
  namespace: label()
    .default("stateful-apps")
    .describe("where everything goes (default stateful-apps); made where it is missing, and never removed"),
  replicas: integer(0, 1000).default(1).describe("pods of every app that does not set its own (default 1)"),
  apps: map(serviceName(maxAppNameLength), app).default({}).describe("the apps, by name"),
});

export type StackSettings = z.output<typeof stack>;
export type AppSettings = z.output<typeof app>;
