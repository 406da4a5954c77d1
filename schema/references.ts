import type { AppSettings } from "./app";

/** A ConfigMap or a Secret, or one key of it, that an app reads, with the path of the setting that says so. */
export interface Reference {
  kind: "configMaps" | "secrets";
  name: string;
  key?: string;
  path: (string | number)[];
}

/** What can read ConfigMaps and Secrets: an app or a job. */
export type Reader = Pick<AppSettings, "env" | "envFrom" | "volumes">;

export function references({ env = {}, envFrom = [], volumes = {} }: Reader): Reference[] {
  return [
    ...Object.entries(env).flatMap(([variable, { valueFrom: { configMapKeyRef, secretKeyRef } = {} }]): Reference[] => {
      const path = ["env", variable, "valueFrom"];
      return [
        ...(configMapKeyRef
          ? [{ kind: "configMaps" as const, ...configMapKeyRef, path: [...path, "configMapKeyRef"] }]
          : []),
        ...(secretKeyRef ? [{ kind: "secrets" as const, ...secretKeyRef, path: [...path, "secretKeyRef"] }] : []),
      ];
    }),
    ...envFrom.flatMap(({ configMapRef, secretRef }, i): Reference[] => [
      ...(configMapRef ? [{ kind: "configMaps" as const, ...configMapRef, path: ["envFrom", i, "configMapRef"] }] : []),
      ...(secretRef ? [{ kind: "secrets" as const, ...secretRef, path: ["envFrom", i, "secretRef"] }] : []),
    ]),
    ...Object.entries(volumes).flatMap(([volume, { configMap, secret }]): Reference[] => [
      ...keysOfItems("configMaps", configMap?.name, configMap?.items, ["volumes", volume, "configMap"]),
      ...keysOfItems("secrets", secret?.secretName, secret?.items, ["volumes", volume, "secret"]),
    ]),
  ];
}

function keysOfItems(
  kind: Reference["kind"],
  name: string | undefined,
  items: { key: string }[] | undefined,
  path: string[],
): Reference[] {
  if (name === undefined) return [];
  return items ? items.map(({ key }, i) => ({ kind, name, key, path: [...path, "items", i] })) : [{ kind, name, path }];
}
