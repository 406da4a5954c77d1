import { closest, distance } from "fastest-levenshtein";
import { z } from "zod";
import { isInput, kubernetesValue } from "./values";

/*
 * How a setting is written down: its kind of value (values.ts), and the words that the docs, the JSON schema and the
 * args interfaces have for it. `npm run generate` writes all three.
 */

/** What is said of a setting beside its meaning. */
interface Words {
  /** What applies if the setting is left out, for a default that is not a value of its own. */
  absent?: string;
  /** Why a program must give a plain value, not an output: what follows from the value. */
  plain?: string;
}

/** What is said of a group of settings. */
export interface GroupWords {
  description: string;
  /** A page that tells more. */
  see?: string;
  /** Settings of such a group, as a stack file has them. */
  example?: string;
  /** The heading of its section in the docs. A group without one is described in the section that uses it. */
  title?: string;
}

/** A setting that must be given. */
export const required = <S extends z.ZodType>(kind: S, description: string, words: Words = {}): S =>
  checked(kind, words).meta({ description, ...words });

/** A setting that can be left out. */
export const optional = <S extends z.ZodType>(kind: S, description: string, words: Words = {}): z.ZodOptional<S> =>
  z.optional(checked(kind, words)).meta({ description, ...words });

/** A setting with a default. */
export const withDefault = <S extends z.ZodType>(
  kind: S,
  preset: z.core.util.NoUndefined<z.output<S>>,
  description: string,
  words: Words = {},
): z.ZodDefault<S> => z._default(checked(kind, words), preset).meta({ description, preset, ...words });

/** Refuses outputs where a plain value is needed. */
function checked<S extends z.ZodType>(kind: S, { plain }: Words): S {
  return plain === undefined ? kind : kind.refine((given) => !isInput(given), `must be a plain value: ${plain}`);
}

function unknownKey(unknown: string, known: string[]): string {
  const nearest = closest(unknown, known);
  const isTypo = distance(unknown.toLowerCase(), nearest.toLowerCase()) <= Math.max(2, unknown.length / 3);
  return isTypo
    ? `is not a known setting; did you mean ${nearest}?`
    : `is not a known setting; the settings here are ${known.join(", ")}`;
}

/**
 * A map of settings: a key that is not in `shape` is a mistake, and the nearest one that is there is named. `id` names
 * its interface, without "Args", and its definition in the JSON schema.
 */
export function settings<S extends z.ZodRawShape>(
  id: string,
  words: GroupWords,
  shape: S,
): z.ZodObject<S, z.core.$strict> {
  const known = Object.keys(shape);
  return z
    .strictObject(shape, {
      // One line for each unknown key, in their order; mistakes.ts puts the keys before them.
      error: (issue) =>
        issue.code === "unrecognized_keys"
          ? issue.keys.map((key) => unknownKey(key, known)).join("\n")
          : "must be a map",
    })
    .meta({ id, ...words });
}

export const map = <K extends z.core.$ZodRecordKey, V extends z.ZodType>(key: K, value: V) =>
  z.record(key, value, { error: "must be a map" });

export const list = <T extends z.ZodType>(item: T) => z.array(item, { error: "must be a list" });

/** A map of settings, or a plain value that stands for one of them. */
export const valueOrMap = <S extends z.ZodType>(schema: S, key = "value") =>
  z
    .preprocess((given) => (typeof given === "object" && given !== null ? given : { [key]: given }), schema)
    .meta({ type: ["object", "string", "number", "boolean"] });

/** A map of Kubernetes' own fields, passed on as it is: `core.v1.Affinity`. */
export const kubernetes = (type: string) => kubernetesValue(type);

/** A list of such maps. */
export const kubernetesList = (type: string) => list(kubernetesValue(type));
