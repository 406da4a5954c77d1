import { isUtf8 } from "node:buffer";
import * as pulumi from "@pulumi/pulumi";
import type { Stack } from "../config";
import type { Content } from "../config/configObjects";
import { mistakeText } from "../config/mistakes";
import { checkReferences, existingKey, type Found } from "../config/references";
import type { Cluster } from "../live/cluster";
import type { Identity } from "../objects/identity";
import { byName } from "../schema/byName";
import type { Mistake } from "../schema/mistakes";
import type { Reference } from "../schema/references";
import { userError } from "../schema/userError";

/*
 * ConfigMaps and Secrets that the stack does not create. Pods read them in place.
 */

/** By kind and name: the content of each object that the config names; undefined if the object does not exist. */
export type ExistingContents = Map<string, Record<string, Content> | undefined>;

const nameOfKind = { configMaps: "ConfigMap", secrets: "Secret" };

/** Names an object in messages and in the annotation of its readers. */
export const words = ({ kind, name }: Pick<Reference, "kind" | "name">) => `${nameOfKind[kind]} ${name}`;

/**
 * The objects that the stack does not create, and that its apps are allowed to read; undefined if the cluster is not known.
 * Throws if an object does not have what apps read, or if the stack created the object earlier.
 */
export async function existingObjects(
  config: Pick<Stack, "namespace" | "apps" | "existingConfigMaps" | "existingSecrets">,
  identity: Identity,
  hasNamespace: boolean,
  cluster: Cluster,
): Promise<ExistingContents | undefined> {
  const { namespace, apps } = config;
  const named = (["configMaps", "secrets"] as const).flatMap((kind) =>
    config[existingKey[kind]].map((name, i) => ({ kind, name, path: [existingKey[kind], i] })),
  );
  const found = await Promise.all(
    named.map(async (object) => ({ ...object, live: await readObject[object.kind](namespace, object.name, cluster) })),
  );
  if (!cluster.isReadable) return undefined;
  const contents: ExistingContents = new Map(found.map((object) => [words(object), object.live?.content]));

  const where = hasNamespace
    ? `in the namespace ${namespace}`
    : `in the namespace ${namespace}, which does not exist yet`;
  const find = (reference: Reference): Found | undefined => {
    if (!contents.has(words(reference))) return undefined;
    const content = contents.get(words(reference));
    return content
      ? { content, words: `the ${words(reference)}`, isComplete: true }
      : { problem: `must be the name of a ${nameOfKind[reference.kind]} ${where}, unless the reference is optional` };
  };
  const mistakes: Mistake[] = [
    ...found
      .filter(({ live }) => live && identity.owns(live.labels))
      .map(({ kind, name, path }) => ({
        path,
        value: name,
        problem: `must not be a ${nameOfKind[kind]} that this stack created and would now delete; keep it under ${kind}, or give the one that replaces it another name`,
      })),
    ...Object.entries(apps).flatMap(([app, settings]) =>
      checkReferences(settings, find).map((mistake) => ({ ...mistake, path: ["apps", app, ...mistake.path] })),
    ),
  ];
  if (mistakes.length > 0) {
    const lines = mistakes.map((mistake) => `  ${mistakeText(pulumi.getProject(), mistake)}`);
    throw userError(
      `The stack's config does not fit what exists in the cluster; nothing was changed.\n${lines.join("\n")}`,
    );
  }
  return contents;
}

const readObject = {
  configMaps: async (namespace: string, name: string, cluster: Cluster) => {
    const { metadata, data = {}, binaryData = {} } = (await cluster.configMap(namespace, name)) ?? {};
    const bytes = byName(binaryData).map(([key, value]) => [key, Buffer.from(value, "base64")]);
    return (
      metadata && {
        labels: metadata.labels,
        content: { ...data, ...Object.fromEntries(bytes) } as Record<string, Content>,
      }
    );
  },
  secrets: async (namespace: string, name: string, cluster: Cluster) => {
    const secret = await cluster.secret(namespace, name);
    const values = [...(secret?.data ?? [])].map(([key, value]) => {
      const bytes = Buffer.from(value, "base64");
      return [key, isUtf8(bytes) ? bytes.toString() : bytes] as const;
    });
    return secret && { labels: secret.labels, content: Object.fromEntries(values) as Record<string, Content> };
  },
};
