import { gunzipSync } from "node:zlib";
import { PatchStrategy, type V1Secret, type V1StatefulSet } from "@kubernetes/client-node";
import { parseAllDocuments } from "yaml";
import type { KubeCluster } from "../../live/kubeCluster";
import { fieldManager } from "../../objects/metadata";

/** A release of Helm, as its Secrets record it. */
export interface HelmRelease {
  name: string;
  namespace: string;
  /** One for each revision. */
  records: V1Secret[];
  /** What its last revision has made: `KIND NAME`. */
  objects: string[];
}

/** The label by which Helm finds its records. */
const owner = "owner";

/** The release to which a StatefulSet belongs; undefined if Helm did not make it. */
export async function releaseOf(
  { metadata }: V1StatefulSet,
  { any }: Pick<KubeCluster, "any">,
): Promise<HelmRelease | undefined> {
  const name = metadata?.annotations?.["meta.helm.sh/release-name"];
  const namespace = metadata?.annotations?.["meta.helm.sh/release-namespace"] ?? metadata?.namespace ?? "";
  if (name === undefined) return undefined;
  const selector = `${owner}=helm,name=${name}`;
  const none = undefined;
  const { items } = await any.list<V1Secret>("v1", "Secret", namespace, none, none, none, none, selector);
  const revision = ({ metadata }: V1Secret) => Number(metadata?.labels?.version);
  const records = items.sort((one, other) => revision(one) - revision(other));
  return { name, namespace, records, objects: objectsIn(records.at(-1)) };
}

/** The objects in a record: a manifest in JSON, in gzip, in the base64 of Helm, in that of Secrets. */
export function objectsIn(record: V1Secret | undefined): string[] {
  const inner = Buffer.from(record?.data?.release ?? "", "base64").toString();
  if (inner === "") return [];
  const { manifest } = JSON.parse(gunzipSync(Buffer.from(inner, "base64")).toString()) as { manifest: string };
  return parseAllDocuments(manifest).flatMap((document) => {
    const { kind, metadata } = (document.toJS() ?? {}) as { kind?: string; metadata?: { name?: string } };
    return kind === undefined ? [] : [`${kind} ${metadata?.name ?? ""}`];
  });
}

/** What happens to a release, in sentences. `adopted` are the objects that go to the stack. */
export function releaseAnnouncement({ name, records, objects }: HelmRelease, adopted: string[]): string[] {
  if (records.length === 0) {
    return [
      `leaves Helm's record of the release ${name}, which is in no Secret: never upgrade or uninstall that release, which would delete what was taken over`,
    ];
  }
  const left = objects.filter((object) => !adopted.includes(object));
  return [
    `makes Helm forget the release ${name}, which \`helm uninstall\` would delete: its records lose the label ${owner}=helm`,
    ...(left.length > 0 ? [`leaves to nobody what else the release has made: ${left.join(", ")}`] : []),
  ];
}

/** Hides a release from Helm. With the label, its records are valid again. A dry run only asks the API server. */
export async function forgetRelease(
  { records }: HelmRelease,
  { any }: Pick<KubeCluster, "any">,
  { dryRun }: { dryRun: boolean },
): Promise<void> {
  for (const { metadata: { name = "", namespace = "" } = {} } of records) {
    const body: object = { apiVersion: "v1", kind: "Secret", metadata: { name, namespace, labels: { [owner]: null } } };
    const strategy = PatchStrategy.MergePatch;
    await any.patch(body, undefined, dryRun ? "All" : undefined, fieldManager, undefined, strategy);
  }
}
