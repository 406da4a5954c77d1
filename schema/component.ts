import { required } from "./settings";
import { label, labelValue } from "./values";

/** What a stack gives each of its components, and a program gives by itself. */
export const componentSettings = (what: string) => ({
  namespace: required(label(), `The namespace of every object of the ${what}. It must exist.`),
  partOf: required(
    labelValue(),
    "The value of the label `app.kubernetes.io/part-of` of every object. A stack uses `PROJECT-STACK`.",
    { plain: "it tells the objects of a stack from others" },
  ),
});
