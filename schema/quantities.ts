import { value } from "./values";

/*
 * Amounts, as Kubernetes writes them.
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */

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
  const divisor = divisors[suffix];
  if (divisor !== undefined) return Number(number) / divisor;
  return /^[eE][+-]?\d/.test(suffix)
    ? Number(number + suffix)
    : Number(number) * (multiples[suffix] ?? binaryMultiples[suffix] ?? 1);
}

const quantityPattern = /^\+?(\d+(?:\.\d*)?|\.\d+)(n|u|m|k|Ki|[MGTPE]i?|[eE][+-]?\d+)?$/;

/** A division, because a product of 700 and 0.001 is more than 0.7. */
const divisors: Record<string, number> = { n: 1e9, u: 1e6, m: 1e3 };

const binarySuffixes = ["", ...Object.keys(binaryMultiples)];
const decimalSuffixes = ["n", "u", "m", "", ...Object.keys(multiples)];

/** A quantity as Kubernetes writes it, or as it is if that is not exact: `1024Mi` is `1Gi`, and `1.5Gi` is `1536Mi`. */
export function canonicalQuantity(given: string): string {
  const [, number = "", suffix = ""] = quantityPattern.exec(given) ?? [];
  const [suffixes, base] = suffix.endsWith("i") ? [binarySuffixes, 1024] : [decimalSuffixes, 1000];
  let place = suffixes.indexOf(suffix);
  let mantissa = Number(number);
  if (place < 0 || mantissa === 0) return given;
  for (; !Number.isInteger(mantissa) && place > 0; place--) mantissa *= base;
  if (!Number.isInteger(mantissa)) return given;
  for (; mantissa % base === 0 && place < suffixes.length - 1; place++) mantissa /= base;
  const written = `${String(mantissa)}${suffixes[place] ?? ""}`;
  if (amountOf(written) !== amountOf(given)) return given;
  // What has no suffix is a decimal number when Kubernetes reads it from its storage, and is written as one.
  return suffix !== "" && place === suffixes.indexOf("") ? canonicalQuantity(written) : written;
}

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
