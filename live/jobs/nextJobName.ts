import type { Cluster } from "../cluster";
import { failureOf } from "./conditions";

/** The name of the Job for a digest. It ends with a number if an earlier Job for the digest has failed. */
export async function nextJobName(
  name: string,
  digest: string,
  namespace: string,
  cluster: Cluster | undefined,
): Promise<string> {
  const jobs = (await cluster?.jobs(namespace, { "app.kubernetes.io/name": name })) ?? [];
  const pattern = new RegExp(`^${name}-${digest}(?:-(\\d+))?$`);
  const attempts = jobs.flatMap((job) => {
    const match = pattern.exec(job.metadata?.name ?? "");
    return match ? [{ number: Number(match[1] ?? 1), isFailed: failureOf(job) !== undefined }] : [];
  });
  const last = attempts.sort((one, other) => other.number - one.number)[0] ?? { number: 1, isFailed: false };
  const number = last.isFailed ? last.number + 1 : last.number;
  return [name, digest, ...(number === 1 ? [] : [number])].join("-");
}
