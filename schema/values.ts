import { z } from "zod";

/*
 * The kinds of value that a setting can have. Each accepts what `pulumi config set` writes (text) and what YAML holds
 * natively (numbers, booleans). Its error message says only what is allowed: errors.ts adds the key and the value.
 */

/** A value that `parse` accepts; `allowed` says in words what that is. `parse` gives undefined for anything else. */
function value<T>(allowed: string, schema: Record<string, unknown>, parse: (given: unknown) => T | undefined) {
  return z
    .unknown()
    .transform((given, context) => {
      const parsed = parse(given);
      if (parsed === undefined) {
        context.addIssue({ code: "custom", message: allowed });
        return z.NEVER;
      }
      return parsed;
    })
    .meta(schema);
}

/** Text, as Kubernetes takes it; a number or a boolean is taken by its digits or its name. */
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
    `must be a whole number from ${String(minimum)} to ${String(maximum)}`,
    { type: ["integer", "string"], minimum, maximum },
    (given) => {
      const number = typeof given === "string" && /^-?\d+$/.test(given) ? Number(given) : given;
      return Number.isInteger(number) && Number(number) >= minimum && Number(number) <= maximum
        ? Number(number)
        : undefined;
    },
  );

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
    `1 to ${String(maxLength)} lower-case letters, digits and dashes, that begin with a letter and end with no dash`,
    /^[a-z]([-a-z0-9]*[a-z0-9])?$/,
    maxLength,
  );

/** An RFC 1123 label, which names most other things: `3-data`. */
export const label = () =>
  matching(
    "1 to 63 lower-case letters, digits and dashes, that neither begin nor end with a dash",
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
    63,
  );

/** `cpu`, `memory`, `ephemeral-storage`, `nvidia.com/gpu`. */
export const resourceName = () =>
  matching("the name of a resource, as in cpu or memory", /^[a-z0-9]([-./a-zA-Z0-9]*[a-zA-Z0-9])?$/);

/** The name of an object whose kind allows dots. */
export const objectName = () =>
  matching(
    "lower-case letters, digits, dashes and dots, that begin and end with a letter or a digit",
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    253,
  );

/** A key of a ConfigMap or of a Secret: `config.json`. */
export const configKey = () => matching("letters, digits, dashes, underscores and dots", /^[-._a-zA-Z0-9]+$/, 253);

/** What names a secret in the annotations of Vault's injector, the longest of which leaves so much of 63 characters. */
export const vaultName = () =>
  matching(
    "at most 41 letters, digits, dashes, underscores and dots, that begin and end with a letter or a digit",
    /^[a-zA-Z0-9]([-._a-zA-Z0-9]*[a-zA-Z0-9])?$/,
    41,
  );

export const portOrName = () =>
  value("must be a whole number from 1 to 65535, or a port's name", { type: ["integer", "string"] }, (given) => {
    const number = Number(given);
    if (Number.isInteger(number)) return number >= 1 && number <= 65535 ? number : undefined;
    return typeof given === "string" && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(given) ? given : undefined;
  });

export const environmentName = () =>
  matching("letters, digits, underscores, dashes and dots, that begin with no digit", /^[-._a-zA-Z][-._a-zA-Z0-9]*$/);

export const absolutePath = () =>
  matching("an absolute path without a colon and without `..`", /^\/(?!.*(?:^|\/)\.\.(?:\/|$))[^:]*$/);

export const urlPath = () => matching("a path that begins with a slash", /^\/\S*$/);

// As in https://pkg.go.dev/github.com/distribution/reference: host, path, tag, digest.
const imageHost =
  /(?:[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?)*|\[[a-fA-F0-9:]+\])(?::\d+)?/;
const imagePath = /[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*/;
const imagePattern = new RegExp(
  `^(?:${imageHost.source}/)?${imagePath.source}(?:/${imagePath.source})*(?::\\w[\\w.-]{0,127})?(?:@sha256:[a-f0-9]{64})?$`,
);

/** `registry/repository:tag` or `…@sha256:…`. */
export const image = () => matching("an image name, as in registry.example/team/app:1.0.0", imagePattern, 512);

const multiples: Record<string, number> = { k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 };
const binaryMultiples: Record<string, number> = {
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** What a quantity amounts to, in whole units. */
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

/** An amount of CPU or memory, as Kubernetes writes it. */
export const quantity = () =>
  quantityOf("must be a Kubernetes quantity, as in 100m, 0.5 or 128Mi", (amount) => amount >= 0);

/** The size of a volume; more than nothing. */
export const size = () =>
  quantityOf("must be a Kubernetes quantity above zero, as in 512Mi or 1Gi", (amount) => amount > 0);
