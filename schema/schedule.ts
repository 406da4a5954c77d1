import { value } from "./values";

/*
 * When a CronJob runs, as Kubernetes reads it: https://pkg.go.dev/github.com/robfig/cron/v3#hdr-CRON_Expression_Format
 */

interface Field {
  minimum: number;
  maximum: number;
  /** Names for the numbers from the minimum on. */
  names?: string[];
}

const fields: Field[] = [
  { minimum: 0, maximum: 59 },
  { minimum: 0, maximum: 23 },
  { minimum: 1, maximum: 31 },
  {
    minimum: 1,
    maximum: 12,
    names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
  },
  { minimum: 0, maximum: 6, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];

const names = ["@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually"];

export const cronSchedule = () =>
  value(
    `must be five fields: minute (0 to 59), hour (0 to 23), day of the month (1 to 31), month (1 to 12) and day of the week (0 to 6); or one of ${names.join(", ")}`,
    { type: "string" },
    (given) => (typeof given === "string" && isSchedule(given) ? given : undefined),
    true,
  );

function isSchedule(text: string): boolean {
  const parts = text.trim().split(/\s+/);
  if (parts.length === 1) return names.includes(text);
  return parts.length === fields.length && fields.every((field, i) => isList(parts[i] ?? "", field));
}

const isList = (text: string, field: Field) => text.split(",").every((range) => isRange(range, field));

/** A value, a range of two, or all of them, each with a step if there is one: `5`, `mon-fri`, `0-30/15`. */
function isRange(text: string, { minimum, maximum, names = [] }: Field): boolean {
  const match = /^(?:[*?]|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(text);
  if (match === null) return false;
  const [, first = String(minimum), last = first, step = "1"] = match;
  const numberOf = (text: string) =>
    /^\d+$/.test(text)
      ? Number(text)
      : names.includes(text.toLowerCase())
        ? minimum + names.indexOf(text.toLowerCase())
        : NaN;
  return (
    numberOf(first) >= minimum && numberOf(first) <= numberOf(last) && numberOf(last) <= maximum && Number(step) > 0
  );
}

/** The name of a time zone. Which ones there are is known to the API server. */
export const timeZone = () =>
  value(
    "must be the name of a time zone, such as Europe/Berlin or Etc/UTC",
    { type: "string" },
    (given) => (typeof given === "string" && /^(?!local$)[a-z][-+\w]*(\/[-+\w]+)*$/i.test(given) ? given : undefined),
    true,
  );
