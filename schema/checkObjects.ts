import type { Mistake } from "./mistakes";
import type { ObjectSettings } from "./objects";

/** Kinds that the stack must not have among its further objects, and why. */
const refused: Record<string, string> = {
  Secret: "a stack file would show its values; use secrets",
  StatefulSet: "the program could not keep its claims; use apps",
  PersistentVolumeClaim:
    "it would be deleted with the stack, and its data with it; use claims, or create it yourself and name it in volumes.NAME.persistentVolumeClaim",
  Namespace: "use namespace",
};

/** The group of an API, which is empty for the core of Kubernetes. */
export const groupOf = (apiVersion: string): string =>
  apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";

/** The groups of the kinds above: other groups can have kinds of these names. */
const groups = ["", "apps"];

/** Further objects of a stack that would break what it promises. `namespace` is that of the stack, or empty if it is not known. */
export function checkObjects(objects: Record<string, ObjectSettings>, namespace: string): Mistake[] {
  return Object.entries(objects).flatMap(([name, { apiVersion, kind, metadata }]) => {
    const why = groups.includes(groupOf(apiVersion)) && Object.hasOwn(refused, kind) ? refused[kind] : undefined;
    const other = metadata?.namespace;
    return [
      ...(why === undefined
        ? []
        : [{ path: ["objects", name, "kind"], value: kind, problem: `is not allowed here: ${why}` }]),
      ...(other === undefined || namespace === "" || other === namespace
        ? []
        : [
            {
              path: ["objects", name, "metadata", "namespace"],
              value: other,
              problem: `must be the namespace of the stack, ${namespace}`,
            },
          ]),
    ];
  });
}
