import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

/*
 * The kinds of value that a setting can have. Each accepts what `pulumi config set` writes (text), what YAML holds
 * natively (numbers, booleans), and the outputs that a program passes, which nothing can check. Its error message says
 * only what is allowed: mistakes.ts adds the key and the value.
 */

/** Whether a value is known only later. */
export const isInput = (given: unknown) => pulumi.Output.isInstance(given) || given instanceof Promise;

/**
 * A value that `parse` accepts; `allowed` says in words what that is. `parse` gives undefined for anything else. The
 * first type of `schema` is the one that a program uses.
 */
function value<T>(allowed: string, schema: Record<string, unknown>, parse: (given: unknown) => T | undefined) {
  return z
    .unknown()
    .transform((given, context): T => {
      // zod would wait for a promise.
      if (isInput(given)) return pulumi.output(given) as T;
      const parsed = parse(given);
      if (parsed === undefined) {
        context.addIssue({ code: "custom", message: allowed });
        return z.NEVER;
      }
      return parsed;
    })
    .meta(schema);
}

/** Text. A number or a boolean is accepted as it is written. */
export const text = () =>
  value("must be text", { type: ["string", "number", "boolean"] }, (given) =>
    typeof given === "string" || typeof given === "number" || typeof given === "boolean" ? String(given) : undefined,
  );

/** Text of a form. */
function matching(allowed: string, pattern: RegExp, maxLength = Infinity) {
  return value(`must be ${allowed}`, { type: "string", pattern: pattern.source }, (given) =>
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

/** At most a day. */
export const seconds = (minimum: number) => integer(minimum, 86400);

export const boolean = () =>
  value("must be true or false", { type: ["boolean", "string"] }, (given) =>
    given === true || given === "true" ? true : given === false || given === "false" ? false : undefined,
  );

export const oneOf = <const T extends string>(...names: T[]) =>
  value(`must be one of ${names.join(", ")}`, { enum: names }, (given) => names.find((name) => name === given));

export const port = () => integer(1, 65535);

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

/** `cpu`, `memory`, `ephemeral-storage`, `nvidia.com/gpu`. */
export const resourceName = () =>
  matching("the name of a resource, such as cpu or memory", /^[a-z0-9]([-./a-zA-Z0-9]*[a-zA-Z0-9])?$/);

/** The name of an object whose kind allows dots. */
export const objectName = () =>
  matching(
    "lower-case letters, digits, dashes and dots, starting and ending with a letter or a digit",
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    253,
  );

/** A key of a ConfigMap or of a Secret: `config.json`. */
export const configKey = () => matching("letters, digits, dashes, underscores and dots", /^[-._a-zA-Z0-9]+$/, 253);

/** The name of a secret in the annotations of Vault's injector; the longest annotation leaves 41 of 63 characters. */
export const vaultName = () =>
  matching(
    "at most 41 letters, digits, dashes, underscores and dots, starting and ending with a letter or a digit",
    /^[a-zA-Z0-9]([-._a-zA-Z0-9]*[a-zA-Z0-9])?$/,
    41,
  );

/** A port by its number or its name, as text. */
export const portOrName = () =>
  value("must be an integer from 1 to 65535, or the name of a port", { type: ["string", "integer"] }, (given) => {
    const number = Number(given);
    if (Number.isInteger(number)) return number >= 1 && number <= 65535 ? String(number) : undefined;
    return typeof given === "string" && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(given) ? given : undefined;
  });

export const environmentName = () =>
  matching("letters, digits, underscores, dashes and dots, not starting with a digit", /^[-._a-zA-Z][-._a-zA-Z0-9]*$/);

export const absolutePath = () =>
  matching("an absolute path without a colon and without `..`", /^\/(?!.*(?:^|\/)\.\.(?:\/|$))[^:]*$/);

export const urlPath = () => matching("a path that starts with a slash", /^\/\S*$/);

// As in https://pkg.go.dev/github.com/distribution/reference: host, path, tag, digest.
const imageHost =
  /(?:[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?)*|\[[a-fA-F0-9:]+\])(?::\d+)?/;
const imagePath = /[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*/;
const imagePattern = new RegExp(
  `^(?:${imageHost.source}/)?${imagePath.source}(?:/${imagePath.source})*(?::\\w[\\w.-]{0,127})?(?:@sha256:[a-f0-9]{64})?$`,
);

/** `registry/repository:tag` or `…@sha256:…`. */
export const image = () => matching("an image name, such as registry.example/team/app:1.0.0", imagePattern, 512);

const multiples: Record<string, number> = { k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 };
const binaryMultiples: Record<string, number> = {
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** A quantity as a number, in units: `500m` is 0.5. */
export function amountOf(given: string): number {
  const [, number = "", suffix = ""] = quantityPattern.exec(given) ?? [];
  // Thousandths by a division: a product of 700 and 0.001 is more than 0.7.
  if (suffix === "m") return Number(number) / 1000;
  return /^[eE][+-]?\d/.test(suffix)
    ? Number(number + suffix)
    : Number(number) * (multiples[suffix] ?? binaryMultiples[suffix] ?? 1);
}

const quantityPattern = /^(\d+(?:\.\d*)?|\.\d+)(m|k|Ki|[MGTPE]i?|[eE][+-]?\d+)?$/;

function quantityOf(allowed: string, isAllowed: (amount: number) => boolean) {
  return value(allowed, { type: ["string", "number"], pattern: quantityPattern.source }, (given) => {
    const amount = typeof given === "number" ? String(given) : given;
    return typeof amount === "string" && quantityPattern.test(amount) && isAllowed(amountOf(amount))
      ? amount
      : undefined;
  });
}

/** An amount of CPU or memory. */
export const quantity = () =>
  quantityOf("must be a Kubernetes quantity, such as 100m, 0.5 or 128Mi", (amount) => amount >= 0);

/** The size of a volume, above zero. */
export const size = () =>
  quantityOf("must be a Kubernetes quantity above zero, such as 512Mi or 1Gi", (amount) => amount > 0);

/** A map of Kubernetes' own fields, which the API server checks. `type` is its name in Kubernetes' API: `core.v1.Affinity`. */
export const kubernetesValue = (type: string) =>
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- Nothing here looks into it; args.ts has its type.
  value<any>("must be a map", { type: "object", kubernetes: type }, (given) =>
    typeof given === "object" && given !== null && !Array.isArray(given) ? given : undefined,
  );
