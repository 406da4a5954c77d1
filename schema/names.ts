/*
 * The names that follow from the name of an app. Kubernetes derives those of pods and claims:
 * https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-network-id
 * All of them are released: they never change.
 */

/** The Service for clients. */
export const clientServiceName = (app: string) => `${app}-http`;

/** How many pods an app has, and the ordinal of the first one. */
export interface Numbering {
  replicas: number;
  ordinals?: { start?: number };
}

export const ordinalsOf = ({ replicas, ordinals: { start = 0 } = {} }: Numbering) =>
  Array.from({ length: replicas }, (_, i) => start + i);

/** The pods, which are also the names of their Services if the app has a Service for each pod. */
export const podNames = (app: string, numbering: Numbering) =>
  ordinalsOf(numbering).map((ordinal) => `${app}-${String(ordinal)}`);

/** The DNS name of each pod for pods of any namespace. */
export const podDnsNames = (app: string, numbering: Numbering, namespace: string) =>
  podNames(app, numbering).map((pod) => `${pod}.${app}.${namespace}.svc.cluster.local`);

/** What the names of all claims of a volume have in common: `VOLUME-APP`. */
export const claimPrefix = (app: string, volume: string) => `${volume}-${app}`;

/** The claim of one replica: `VOLUME-APP-ORDINAL`. */
export const claimName = (app: string, volume: string, ordinal: number) =>
  `${claimPrefix(app, volume)}-${String(ordinal)}`;

/** The claims of every replica. */
export const claimNames = (app: string, numbering: Numbering, volumes: string[]) =>
  volumes.flatMap((volume) => ordinalsOf(numbering).map((ordinal) => claimName(app, volume, ordinal)));

/** An app's CronJob, or its job, without the digest that distinguishes its runs. */
export const jobName = (app: string, job: string) => `${app}-${job}`;

/** The NetworkPolicy of an app's jobs. The name of an app has no dot. */
export const jobsPolicyName = (app: string) => `${app}.jobs`;

/** The longest name of a CronJob: Kubernetes appends a dash and ten characters to it, in a label of at most 63. */
export const maxCronJobNameLength = 52;

export const connectionTestName = "connection-test";

/** The volume of a shared store. */
export const storeVolume = "data";

/** The longest name of an app: Kubernetes appends a dash and ten characters to it, in a label of at most 63. */
export const maxAppNameLength = 52;
