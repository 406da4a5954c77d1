import { isUtf8 } from "node:buffer";
import { createHash, createHmac } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { Stack } from "../config";
import type { Content } from "../config/configObjects";
import { mistakeText } from "../config/mistakes";
import { checkReferences, existingKey, type Found } from "../config/references";
import type { Cluster } from "../live/cluster";
import type { Identity } from "../objects/identity";
import { byName } from "../schema/byName";
import type { Mistake } from "../schema/mistakes";
import { type App, keysRead, type Reader, type Reference, references, withReaders } from "../schema/references";
import { userError } from "../schema/userError";
import { base64 } from "./configObjects";

/*
 * ConfigMaps and Secrets that the stack does not create. Pods read them in place, and a change of what pods read of them
 * changes an annotation of the pods.
 */

/** By kind and name: the content of each object that the config names; undefined if the object does not exist. */
type Contents = Map<string, Record<string, Content> | undefined>;

const nameOfKind = { configMaps: "ConfigMap", secrets: "Secret" };

/** Names an object in messages and in the annotation. */
const words = ({ kind, name }: Pick<Reference, "kind" | "name">) => `${nameOfKind[kind]} ${name}`;

/**
 * The objects that the stack does not create, and that its apps are allowed to read; undefined if the cluster is not known.
 * Throws if an object does not have what apps read, or if the stack created the object earlier.
 */
export async function existingObjects(
  config: Pick<Stack, "namespace" | "apps" | "existingConfigMaps" | "existingSecrets">,
  identity: Identity,
  hasNamespace: boolean,
  cluster: Cluster,
): Promise<Contents | undefined> {
  const { namespace, apps } = config;
  const named = (["configMaps", "secrets"] as const).flatMap((kind) =>
    config[existingKey[kind]].map((name, i) => ({ kind, name, path: [existingKey[kind], i] })),
  );
  const found = await Promise.all(
    named.map(async (object) => ({ ...object, live: await readers[object.kind](namespace, object.name, cluster) })),
  );
  if (!cluster.isReadable) return undefined;
  const contents: Contents = new Map(found.map((object) => [words(object), object.live?.content]));

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

const readers = {
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

/** The annotation of pods with the versions of what they read, as JSON. */
export const versionsAnnotation = "stateful-apps/existing-objects";

/** The versions of what pods read. */
export class ExistingVersions {
  /** Without a key, the version of a Secret would reveal a value that can be guessed. */
  private readonly key?: pulumi.Output<string>;

  constructor(
    { existingSecrets }: Pick<Stack, "existingSecrets">,
    private readonly contents: Contents = new Map(),
  ) {
    // Also if the cluster is not known: the same config always declares the same resources.
    if (existingSecrets.length > 0) this.key = new random.RandomBytes("versions-of-secrets", { length: 32 }).hex;
  }

  /** An app's settings with an annotation for the pods of the app, and for those of each job, that read such objects. */
  readBy<A extends App>(app: A): A {
    return withReaders(app, (reader) => {
      const read = references(reader).filter((reference) => this.contents.has(words(reference)));
      if (read.length === 0) return reader;
      const versions = Object.fromEntries(
        read.map((reference) => [words(reference), this.versionOf(reference, reader)]),
      );
      const annotation = pulumi.all(versions).apply((known) => JSON.stringify(Object.fromEntries(byName(known))));
      return { ...reader, podAnnotations: { ...reader.podAnnotations, [versionsAnnotation]: annotation } };
    });
  }

  /** A text that changes with the keys that are read, and with nothing else. */
  private versionOf(reference: Reference, reader: Reader): pulumi.Input<string> {
    const { kind, name } = reference;
    const keys = keysRead(reader, kind, name);
    const read = byName(this.contents.get(words(reference)) ?? {})
      .filter(([key]) => keys?.includes(key) ?? true)
      .map(([key, content]) => [key, base64(content)]);
    const text = JSON.stringify([words(reference), read]);
    if (kind === "configMaps") return createHash("sha256").update(text).digest("hex").slice(0, 12);
    const keyed = (key: string) => createHmac("sha256", key).update(text).digest("hex").slice(0, 12);
    return pulumi.unsecret(pulumi.output(this.key?.apply(keyed))).apply((version = "") => version);
  }
}
