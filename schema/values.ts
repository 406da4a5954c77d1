import * as pulumi from "@pulumi/pulumi";
import { isIPv4, isIPv6 } from "node:net";
import { z } from "zod";
import { asRead, isChanged, isUnquoted, quotesNeeded } from "./unquoted";

/*
 * The kinds of value that a setting can have. Each accepts what `pulumi config set` writes (text), what YAML holds
 * natively (numbers, booleans), and the outputs that a program passes, which nothing can check. Its error message says
 * only what is allowed: mistakes.ts adds the key and the value.
 */

/** Whether a value is known only later. */
export const isInput = (given: unknown) => pulumi.Output.isInstance(given) || given instanceof Promise;

/** A value that is known now. */
export const known = <T extends string | number>(value: T | undefined): T | undefined =>
  typeof value === "string" || typeof value === "number" ? value : undefined;

/**
 * A value that `parse` accepts; `allowed` says in words what that is. `parse` gives undefined for anything else. The
 * first type of `schema` is the one that a program uses. A value without quotes is given to `parse` as YAML reads it, unless
 * `isText`: if YAML can have changed it, it is refused.
 */
export function value<T>(
  allowed: string,
  schema: Record<string, unknown>,
  parse: (given: unknown) => T | undefined,
  isText = false,
) {
  return z
    .unknown()
    .transform((given, context): T => {
      // zod would wait for a promise.
      if (isInput(given)) return pulumi.output(given) as T;
      const needsQuotes = isText && isChanged(given);
      const parsed = needsQuotes ? undefined : parse(isUnquoted(given) ? given() : given);
      if (parsed === undefined) {
        context.addIssue({ code: "custom", message: needsQuotes ? quotesNeeded : allowed });
        return z.NEVER;
      }
      return parsed;
    })
    .meta(schema);
}

/** Text. An integer or a boolean is accepted as it is written. */
export const text = () =>
  textual("must be text", { type: ["string", "number", "boolean"] }, (given) =>
    ["string", "number", "boolean"].includes(typeof given) ? String(given) : undefined,
  );

/** A value that is text. */
export function textual<T>(allowed: string, schema: Record<string, unknown>, parse: (given: unknown) => T | undefined) {
  return value(allowed, schema, parse, true);
}

/** What `npm run render` has in place of a secret value. It is not base64, so that a Secret with it cannot be applied. */
export const hidden = "[secret]";

/** Bytes in base64, which can have line breaks. */
export const base64 = () =>
  textual("must be base64", { type: "string" }, (given) => {
    if (given === hidden) return Buffer.from(given);
    // Digits, and the word true, are base64 too.
    const digits = ["string", "number", "boolean"].includes(typeof given)
      ? String(given).replace(/\s/g, "")
      : undefined;
    return digits !== undefined && /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(digits)
      ? Buffer.from(digits, "base64")
      : undefined;
  });

/** Text of a form. */
function matching(allowed: string, pattern: RegExp, maxLength = Infinity) {
  return textual(`must be ${allowed}`, { type: "string", pattern: pattern.source }, (given) =>
    typeof given === "string" && given.length <= maxLength && pattern.test(given) ? given : undefined,
  );
}

export const integer = (minimum: number, maximum: number) =>
  value(
    `must be an integer from ${String(minimum)} to ${String(maximum)}`,
    { type: ["integer", "string"], minimum, maximum },
    (given) => {
      const number = typeof given === "string" && /^-?\d+$/.test(given) ? Number(given) : given;
      return Number.isInteger(number) && Number(number) >= minimum && Number(number) <= maximum
        ? Number(number)
        : undefined;
    },
  );

/** The permissions of a file: nine bits, as a number, or in octal as text with a leading zero. */
export const fileMode = () =>
  value(
    'must be an integer from 0 to 511, or octal text from "0000" to "0777"',
    { type: ["integer", "string"], minimum: 0, maximum: 0o777 },
    (given) => {
      const isOctal = typeof given === "string" && /^0\d+$/.test(given);
      const number = isOctal ? Number(`0o${given}`) : given;
      return integer(0, 0o777).safeParse(number).data;
    },
  );

/** At most a day. */
export const seconds = (minimum: number) => integer(minimum, 86400);

export const boolean = () =>
  value("must be true or false", { type: ["boolean", "string"] }, (given) =>
    given === true || given === "true" ? true : given === false || given === "false" ? false : undefined,
  );

export const oneOf = <const T extends string>(...names: T[]) =>
  value(`must be one of ${names.join(", ")}`, { enum: names }, (given) => names.find((name) => name === given));

export const port = () => integer(1, 65535);

/** A range of IP addresses: `203.0.113.0/24`. */
export const cidr = () =>
  textual("must be a range of IP addresses, such as 203.0.113.0/24 or 2001:db8::/32", { type: "string" }, (given) => {
    const [, address = "", bits] = /^([^/%]+)\/(\d{1,3})$/.exec(String(given)) ?? [];
    const isRange = (isIPv4(address) && Number(bits) <= 32) || (isIPv6(address) && Number(bits) <= 128);
    return isRange ? String(given) : undefined;
  });

/** An RFC 1035 label, which names a Service: `app-python`. */
export const serviceName = (maxLength: number) =>
  matching(
    `1 to ${String(maxLength)} lower-case letters, digits and dashes, starting with a letter and not ending with a dash`,
    /^[a-z]([-a-z0-9]*[a-z0-9])?$/,
    maxLength,
  );

/** An RFC 1123 label, which names most other things: `3-data`. */
export const label = () =>
  matching(
    "1 to 63 lower-case letters, digits and dashes, neither starting nor ending with a dash",
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
    63,
  );

/** The value of a label that is not empty. */
export const labelValue = () =>
  matching(
    "1 to 63 letters, digits, dashes, underscores and dots, starting and ending with a letter or a digit",
    /^[a-zA-Z0-9]([-._a-zA-Z0-9]*[a-zA-Z0-9])?$/,
    63,
  );

const qualifiedPart = "[a-zA-Z0-9]([-._a-zA-Z0-9]{0,61}[a-zA-Z0-9])?";
const domain = "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";

/** The key of a label or of an annotation: `team`, `example.org/team`. */
export const qualifiedName = () =>
  matching(
    "1 to 63 letters, digits, dashes, underscores and dots, starting and ending with a letter or a digit, after a domain and a slash if there is one",
    new RegExp(`^(${domain}/)?${qualifiedPart}$`),
    253 + 1 + 63,
  );

/** The value of a label, which can be empty. */
export const labelText = () =>
  textual(
    "must be at most 63 letters, digits, dashes, underscores and dots, starting and ending with a letter or a digit",
    { type: ["string", "integer", "boolean"] },
    (given) => {
      const text = typeof given === "boolean" || typeof given === "number" ? String(given) : given;
      return typeof text === "string" && new RegExp(`^(${qualifiedPart})?$`).test(text) ? text : undefined;
    },
  );

/** `cpu`, `memory`, `ephemeral-storage`, `hugepages-2Mi`, `nvidia.com/gpu`. */
export const resourceName = () =>
  matching(
    "cpu, memory, ephemeral-storage, hugepages-SIZE, or a name with a domain, such as nvidia.com/gpu",
    new RegExp(`^(cpu|memory|ephemeral-storage|hugepages-[0-9]+[KMGT]i|${domain}/${qualifiedPart})$`),
  );

/** The name of an object whose kind allows dots. */
export const objectName = () =>
  matching(
    "lower-case letters, digits, dashes and dots, starting and ending with a letter or a digit",
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    253,
  );

/** The name of a StorageClass, or none. */
export const storageClass = () =>
  textual("must be the name of a StorageClass, or empty", { type: "string" }, (given) =>
    given === "" || objectName().safeParse(given).success ? (given as string) : undefined,
  );

/** A key of a ConfigMap or of a Secret: `config.json`. */
export const configKey = () =>
  matching(
    "letters, digits, dashes, underscores and dots, and neither . nor start with ..",
    /^(?!\.$)(?!\.\.)[-._a-zA-Z0-9]+$/,
    253,
  );

/** A file, or the files of a folder, as `kubectl create configmap --from-file` has them. */
export const fileSource = () =>
  matching(
    "PATH or KEY=PATH: a path relative to the folder of Pulumi.yaml, without `..` and `=`, and a key of letters, digits, dashes, underscores and dots",
    /^(?:(?!\.=)(?!\.\.)[-._a-zA-Z0-9]{1,253}=)?(?!\/)(?!(?:[^=]*\/)?\.\.(?:\/|$))[^=\0]+$/,
  );

/** The name of a secret in the annotations of Vault's injector; the longest annotation leaves 41 of 63 characters. */
export const vaultName = () =>
  matching(
    "at most 41 letters, digits, dashes, underscores and dots, starting and ending with a letter or a digit",
    /^[a-zA-Z0-9]([-._a-zA-Z0-9]*[a-zA-Z0-9])?$/,
    41,
  );

/** A port by its number or its name, as text. */
/** The name of a port: https://www.rfc-editor.org/rfc/rfc6335#section-5.1 */
export const portName = () =>
  matching(
    "at most 15 lower-case letters, digits and dashes, with a letter among them, starting and ending with a letter or a digit",
    portNamePattern,
  );

const portNamePattern = /^(?!.*--)(?=.*[a-z])[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?$/;

export const portOrName = () =>
  value("must be an integer from 1 to 65535, or the name of a port", { type: ["string", "integer"] }, (given) => {
    const text = typeof given === "number" ? String(given) : given;
    if (typeof text !== "string") return undefined;
    if (/^\d+$/.test(text)) return Number(text) >= 1 && Number(text) <= 65535 ? String(Number(text)) : undefined;
    return portNamePattern.test(text) ? text : undefined;
  });

/** A number of pods, or a share of them: `50%`. */
export const countOrPercentage = () =>
  value(
    "must be an integer from 1 to 1000, or a percentage from 1% to 100%",
    { type: ["string", "integer"] },
    (given) => {
      const text = typeof given === "number" ? String(given) : given;
      return typeof text === "string" && /^([1-9]\d{0,2}|1000|([1-9]\d?|100)%)$/.test(text) ? text : undefined;
    },
  );

/** The name of an environment variable. Kubernetes before 1.34 allows fewer characters. */
export const environmentName = () => matching("printable ASCII characters other than =", /^[ -<>-~]+$/);

export const workingDirectory = () => matching("an absolute path", /^\//);

export const absolutePath = () =>
  matching(
    "an absolute path other than /, without a colon and without `..`",
    /^\/(?!.*(?:^|\/)\.\.(?:\/|$))[^:]*[^:/][^:]*$/,
  );

/** A path within a volume. */
export const relativePath = () => matching("a relative path without `..`", /^(?!\/)(?!.*(?:^|\/)\.\.(?:\/|$)).+$/);

/** The path of a field that a pod can read of itself. */
export const fieldPath = () =>
  matching(
    "metadata.name, metadata.namespace, metadata.uid, metadata.labels['KEY'], metadata.annotations['KEY'], spec.nodeName, spec.serviceAccountName, status.hostIP, status.hostIPs, status.podIP or status.podIPs",
    /^(metadata\.(name|namespace|uid|(labels|annotations)\['[^']+'\])|spec\.(nodeName|serviceAccountName)|status\.(hostIPs?|podIPs?))$/,
  );

/** A request or a limit that a container can read of itself. */
export const resourceField = () =>
  matching(
    "limits or requests, a dot, and cpu, memory, ephemeral-storage or hugepages-SIZE",
    /^(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-[0-9]+[KMGT]i)$/,
  );

/** The name of an HTTP header: https://www.rfc-editor.org/rfc/rfc9110#name-tokens */
export const headerName = () => matching("the name of an HTTP header", /^[-!#$%&'*+.^_`|~0-9A-Za-z]+$/);

export const urlPath = () => matching("a path that starts with a slash", /^\/\S*$/);

// As in https://pkg.go.dev/github.com/distribution/reference: host, path, tag, digest.
const imageHost =
  /(?:[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?)*|\[[a-fA-F0-9:]+\])(?::\d+)?/;
const imagePath = /[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*/;
const imagePattern = new RegExp(
  `^(?:${imageHost.source}/)?${imagePath.source}(?:/${imagePath.source})*(?::\\w[\\w.-]{0,127})?(?:@(?:sha256:[a-f0-9]{64}|(?!sha256:)[a-zA-Z][a-zA-Z0-9]*(?:[-_+.][a-zA-Z][a-zA-Z0-9]*)*:[a-fA-F0-9]{32,}))?$`,
);

/** `registry/repository:tag` or `…@sha256:…`. */
export const image = () => matching("an image name, such as registry.example/team/app:1.0.0", imagePattern, 512);

/** `v1`, `networking.k8s.io/v1`. */
export const apiVersion = () =>
  matching("a version of an API, such as v1 or networking.k8s.io/v1", new RegExp(`^(${domain}/)?v[0-9][a-z0-9]*$`));

/** `Ingress`. */
export const kind = () => matching("the name of a kind, such as Ingress", /^[A-Z][a-zA-Z0-9]*$/);

/** Anything, as YAML reads it. The API server checks it. */
export const unchecked = () => value<unknown>("must not be undefined", {}, (given) => asRead(given));

/** A map of Kubernetes' own fields, which the API server checks. `type` is its name in Kubernetes' API: `core.v1.Affinity`. */
export const kubernetesValue = (type: string) =>
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- Nothing here looks into it; args.ts has its type.
  value<any>("must be a map", { type: "object", kubernetes: type }, (given) =>
    typeof given === "object" && given !== null && !Array.isArray(given) ? asRead(given) : undefined,
  );
