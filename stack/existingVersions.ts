import { createHash, createHmac } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { Stack } from "../config";
import { byName } from "../schema/byName";
import { type App, keysRead, type Reader, type Reference, references, withReaders } from "../schema/references";
import { base64 } from "./configObjects";
import { type ExistingContents, words } from "./existingObjects";

/** The annotation of pods with the versions of what they read, as JSON. */
const versionsAnnotation = "stateful-apps/existing-objects";

/**
 * The versions of what pods read of objects that the stack does not create. They are in an annotation: a change of them is
 * a change of the pods.
 */
export class ExistingVersions {
  /** Without a key, the version of a Secret would reveal a value that can be guessed. */
  private readonly key?: pulumi.Output<string>;

  constructor(
    { existingSecrets }: Pick<Stack, "existingSecrets">,
    private readonly contents: ExistingContents = new Map(),
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
