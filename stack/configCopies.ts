import { createHash } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { stackLabels } from "../objects/labels";
import { objectMetadata } from "../objects/metadata";
import { type App, keysRead, type Reference, renamed, withReaders } from "../schema/references";
import { type ConfigData, type ConfigObjects, guardGenerated, type Place } from "./configObjects";

/*
 * What pods read is an immutable copy of a ConfigMap or of a Secret, and its name follows from its content. A change is
 * thus a change of the pods, which a partition, OnDelete or a failed job holds back like any other: pods that stay on
 * their revision keep its config, also when they restart.
 */

/** The annotation of a copy with the name of the object that it is a copy of. */
export const copyAnnotation = "stateful-apps/copy-of";

/** A copy that exists in the cluster. */
export interface LiveCopy {
  kind: Reference["kind"];
  name: string;
  /** The name of the object that it is a copy of. */
  copyOf: string;
  content: ConfigData;
}

/** Creates copies of the stack's ConfigMaps and Secrets. */
export class ConfigCopies {
  /** By name: apps that read the same share a copy. */
  private readonly made = new Map<string, pulumi.Resource>();

  constructor(
    private readonly objects: ConfigObjects,
    private readonly place: Place,
  ) {}

  /** An app's settings with the names of the copies that its pods, its jobs and its CronJobs read. */
  readBy<A extends App & { imagePullSecrets?: { name: string }[] }>(app: A): A {
    const read = withReaders(app, (reader) =>
      renamed(reader, ({ kind, name }) => this.nameOf(kind, name, keysRead(reader, kind, name))),
    );
    return { ...read, imagePullSecrets: app.imagePullSecrets?.map(({ name }) => ({ name: this.createdName(name) })) };
  }

  /**
   * The name of a Secret with the credentials of a registry. It resolves after the Secret is created. Kubelets read it whenever
   * they pull an image, and by its type, which a copy does not have: it has only the keys that are read.
   */
  private createdName(name: string): pulumi.Output<string> | string {
    return this.objects.secrets.get(name)?.resource.urn.apply(() => name) ?? name;
  }

  /**
   * The name of a copy with these keys of an object. It resolves after the copy is created: pods must not start before
   * what they read. Undefined if the object does not belong to the stack.
   */
  nameOf(kind: Reference["kind"], name: string, keys?: string[]): pulumi.Output<string> | undefined {
    const object = this.objects[kind].get(name);
    if (object === undefined) return undefined;
    // A key that does not exist is optional.
    const versions = [...object.versions].filter(([key]) => keys?.includes(key) ?? true).sort();
    const read = versions.map(([key]) => key);
    const copyName = nameOfCopy(name, versions);
    const generated = object.generated.filter((key) => read.includes(key));
    const copy = this.create(kind, copyName, name, () => object.dataOf(read), generated);
    return copy.urn.apply(() => copyName);
  }

  /** Keeps copies that exist, even if nothing in the config reads them any more. */
  keep(copies: LiveCopy[]): void {
    for (const { kind, name, copyOf, content } of copies) this.create(kind, name, copyOf, () => content);
  }

  private create(
    kind: Reference["kind"],
    name: string,
    copyOf: string,
    content: () => ConfigData,
    generated: string[] = [],
  ): pulumi.Resource {
    const id = `${kind} ${name}`;
    const there = this.made.get(id);
    if (there !== undefined) return there;
    const copy = createCopy(kind, name, copyOf, content(), this.place);
    this.made.set(id, copy);
    if (generated.length > 0) guardGenerated(name, generated, copy as k8s.core.v1.Secret, this.place);
    return copy;
  }
}

/**
 * Secrets are not marked as immutable: what `npm run render` prints cannot know whether a value has changed, and changes
 * them in place.
 */
function createCopy(
  kind: Reference["kind"],
  name: string,
  copyOf: string,
  data: ConfigData,
  { namespace, partOf, provider, retainingProvider, keepsSecrets }: Place,
): pulumi.Resource {
  const annotations = { [copyAnnotation]: copyOf };
  const metadata = objectMetadata({ name, namespace, labels: stackLabels(partOf), annotations });
  return kind === "configMaps"
    ? new k8s.core.v1.ConfigMap(`configMap-${name}`, { metadata, immutable: true, ...data }, { provider })
    : new k8s.core.v1.Secret(
        `secret-${name}`,
        { metadata, ...data },
        { provider: retainingProvider, retainOnDelete: keepsSecrets },
      );
}

const maxNameLength = 253;

/** The name of an object, with a digest of the versions of the keys. */
function nameOfCopy(name: string, versions: [string, string | number][]): string {
  const digest = createHash("sha256")
    .update(JSON.stringify([name, versions]))
    .digest("hex")
    .slice(0, 10);
  const start = name.slice(0, maxNameLength - digest.length - 1).replace(/[-.]+$/, "");
  return `${start}-${digest}`;
}
