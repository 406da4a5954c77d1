import type { Stack } from "../config";
import type { SecretValue } from "../config/configObjects";
import { appJobs, appObjects } from "../objects/appObjects";
import { appCronJobs } from "../objects/cronJobs";
import { furtherObject } from "../objects/furtherObject";
import { stackLabels } from "../objects/labels";
import { storeObjects } from "../objects/storeObjects";
import { secretTypeOf } from "../schema/secretTypes";
import { passwordKey, storePort } from "../schema/store";
import { configMapData } from "./configObjects";

/** An object of Kubernetes, as much as all kinds have in common. */
interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: object;
  spec?: object;
}

/** An object that the stack creates in its namespace, with the setting that requires it. */
export interface PlannedObject {
  path: string[];
  object: KubernetesObject;
  /** The patches of its app or store, which can have changed it. */
  overrides?: { pod?: unknown; container?: unknown };
}

/** The digest in the name of a Job, which is not known before the Job is created. */
const anyDigest = "0".repeat(10);

/**
 * The objects that the stack creates in its namespace, as far as they are known before anything is created: Secrets have
 * other values, of the same length.
 */
export function plannedObjects(
  {
    namespace,
    apps,
    stores,
    configMaps,
    secrets,
    secretTypes,
    objects,
  }: Pick<Stack, "namespace" | "apps" | "stores" | "configMaps" | "secrets" | "secretTypes" | "objects">,
  partOf: string,
): PlannedObject[] {
  const metadata = (name: string) => ({ name, namespace, labels: stackLabels(partOf) });
  return [
    ...Object.entries(configMaps).map(([name, contents]) => ({
      path: ["configMaps", name],
      object: { apiVersion: "v1", kind: "ConfigMap", metadata: metadata(name), ...configMapData(contents) },
    })),
    ...Object.entries(secrets).map(([name, values]) => ({
      path: ["secrets", name],
      object: {
        apiVersion: "v1",
        kind: "Secret",
        metadata: metadata(name),
        type: secretTypeOf(name, secretTypes),
        data: standIns(values),
      },
    })),
    ...Object.entries(stores).flatMap(([name, settings]) => {
      const password = { name, key: passwordKey };
      const objects = storeObjects(name, { namespace, partOf, password, port: storePort, ...settings });
      return [objects.service, ...(objects.networkPolicy ? [objects.networkPolicy] : []), objects.statefulSet].map(
        (object) => ({ path: ["stores", name], object, overrides: settings.overrides }),
      );
    }),
    ...Object.entries(apps).flatMap(([name, settings]) => {
      const args = { namespace, partOf, ...settings };
      const { before, after } = appJobs(name, args);
      return [
        ...Object.values(appObjects(name, args))
          .flat()
          .flatMap((object) => (object ? [{ path: ["apps", name], object, overrides: settings.overrides }] : [])),
        ...[...before, ...after].map(({ name: job, labels, spec, path }) => ({
          path: ["apps", name, ...path],
          object: {
            apiVersion: "batch/v1",
            kind: "Job",
            metadata: { name: `${job}-${anyDigest}`, namespace, labels },
            spec,
          },
        })),
        ...appCronJobs(name, args).map(({ path, object }) => ({ path: ["apps", name, ...path], object })),
      ];
    }),
    // The last ones: if they are those of an app, they are the ones to change.
    ...Object.entries(objects).map(([name, object]) => ({
      path: ["objects", name],
      object: furtherObject(name, object, { namespace, partOf }),
    })),
  ];
}

/** Values that reveal nothing but a length, in base64. They are maps in JSON, because some types of Secrets require them. */
const standIns = (values: Record<string, SecretValue>) =>
  Object.fromEntries(
    Object.entries(values).map(([key, { value = "", generate }]) => [
      key,
      Buffer.from(emptyMap(generate ?? Buffer.byteLength(value))).toString("base64"),
    ]),
  );

const emptyMap = (length: number) => "{}".padEnd(length).slice(0, length);
