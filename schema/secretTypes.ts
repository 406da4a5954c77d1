import { qualifiedName, textual } from "./values";

/*
 * The types of Secrets. https://kubernetes.io/docs/concepts/configuration/secret/#secret-types
 *
 * A stack file has them beside the Secrets, because every name within a Secret is that of a key.
 */

/** The keys that the API server requires of a type of Kubernetes' own: all of a list, or one of those in a list of its own. */
export const requiredKeys: Record<string, (string | string[])[]> = {
  "kubernetes.io/tls": ["tls.crt", "tls.key"],
  "kubernetes.io/dockerconfigjson": [".dockerconfigjson"],
  "kubernetes.io/dockercfg": [".dockercfg"],
  "kubernetes.io/basic-auth": [["username", "password"]],
  "kubernetes.io/ssh-auth": ["ssh-privatekey"],
};

/** The types from which kubelets read the credentials of registries. Their key holds a map in JSON. */
export const registryTypes = ["kubernetes.io/dockerconfigjson", "kubernetes.io/dockercfg"];

/**
 * A type that a Secret can have instead of Opaque. The other types of Kubernetes' own belong to objects that it creates
 * itself, and Opaque in so many words would replace a Secret that has it already.
 */
export const secretType = () =>
  textual(
    `must be one of ${Object.keys(requiredKeys).join(", ")}, or a name with another domain, such as example.org/token`,
    { type: "string" },
    (given) => {
      const isKnown = typeof given === "string" && Object.hasOwn(requiredKeys, given);
      const isOfAnother = /^(?!([^/]*\.)?kubernetes\.io\/)[^/]+\/[^/]+$/.test(String(given));
      return isKnown || (isOfAnother && qualifiedName().safeParse(given).success) ? (given as string) : undefined;
    },
  );

/** The type of a Secret; undefined stands for Opaque. */
export const secretTypeOf = (name: string, types: Record<string, string>): string | undefined =>
  Object.hasOwn(types, name) ? types[name] : undefined;
