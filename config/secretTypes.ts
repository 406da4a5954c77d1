import type { AppSettings } from "../schema/app";
import type { Mistake } from "../schema/mistakes";
import { registryTypes, requiredKeys, secretTypeOf } from "../schema/secretTypes";
import { hidden } from "../schema/values";
import type { ConfigObjects, SecretValue } from "./configObjects";

type Secrets = ConfigObjects["secrets"];
type Types = Record<string, string>;

/** What the API server requires of Secrets by their types. `incomplete` names those of which not all keys are known. */
export function checkSecretTypes(
  types: Types,
  { secrets, incomplete }: { secrets: Secrets; incomplete: Set<string> },
): Mistake[] {
  return Object.entries(types).flatMap(([name, type]) => {
    const path = ["secretTypes", name];
    const keys = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
    if (keys === undefined) {
      const names = Object.keys(secrets);
      const there = names.length === 0 ? "which is empty" : `which has ${names.join(", ")}`;
      return [{ path, problem: `is not the name of one of secrets, ${there}` }];
    }
    const required = (Object.hasOwn(requiredKeys, type) && requiredKeys[type]) || [];
    return required.flatMap((one) => {
      const found = [one].flat().filter((key) => Object.hasOwn(keys, key));
      const missing = `requires the key ${[one].flat().join(" or ")} in secrets.${name}`;
      if (found.length === 0) return incomplete.has(`secrets.${name}`) ? [] : [{ path, value: type, problem: missing }];
      return found.flatMap((key) => checkContent(["secrets", name, key], keys[key] ?? {}, type));
    });
  });
}

function checkContent(path: string[], { value, generate }: SecretValue, type: string): Mistake[] {
  const isWrong = registryTypes.includes(type)
    ? generate !== undefined || (value !== undefined && value !== hidden && !isJsonMap(String(value)))
    : type === "kubernetes.io/ssh-auth" && value?.length === 0;
  const allowed = registryTypes.includes(type) ? "must be a map in JSON" : "must not be empty";
  return isWrong ? [{ path, problem: `${allowed}, because the type of the Secret is ${type}` }] : [];
}

function isJsonMap(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** Kubelets ignore the Secrets of other types. */
export const checkPullSecrets = ({ imagePullSecrets = [] }: AppSettings, secrets: Secrets, types: Types): Mistake[] =>
  imagePullSecrets.flatMap(({ name }, i) =>
    Object.hasOwn(secrets, name) && !registryTypes.includes(secretTypeOf(name, types) ?? "")
      ? [
          {
            path: ["imagePullSecrets", i, "name"],
            value: name,
            problem: `must have the type ${registryTypes.join(" or ")} in secretTypes`,
          },
        ]
      : [],
  );
