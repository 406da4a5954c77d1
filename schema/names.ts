/*
 * The names that Kubernetes derives from an app's name.
 * https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-network-id
 */

/** The Service for clients. */
export const clientServiceName = (app: string) => `${app}-http`;

export const podNames = (app: string, replicas: number) =>
  Array.from({ length: replicas }, (_, ordinal) => `${app}-${String(ordinal)}`);

/** The names by which pods of any namespace reach each pod, in the order of the pods. */
export const podDnsNames = (app: string, replicas: number, namespace: string) =>
  podNames(app, replicas).map((pod) => `${pod}.${app}.${namespace}.svc.cluster.local`);

/** The claims of every replica: `VOLUME-APP-ORDINAL`. */
export const claimNames = (app: string, replicas: number, volumes: string[]) =>
  volumes.flatMap((volume) => podNames(app, replicas).map((pod) => `${volume}-${pod}`));

/** An app's job, before the digest that tells its runs apart. */
export const jobName = (app: string, job: string) => `${app}-${job}`;

export const connectionTestName = "connection-test";

/** The volume of a shared store. */
export const storeVolume = "data";
