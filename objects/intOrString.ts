import * as pulumi from "@pulumi/pulumi";

/** A value for a field that takes a number or a text: digits become a number. */
export function intOrString(text: pulumi.Input<string>): pulumi.Input<number | string> {
  const parsed = (text: string) => (/^\d+$/.test(text) ? Number(text) : text);
  return typeof text === "string" ? parsed(text) : pulumi.output(text).apply(parsed);
}
