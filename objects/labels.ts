import { jobName } from "../schema/names";

/** Metadata labels, in the words that Kubernetes recommends. */
export type Labels = Record<string, string>;

/** The labels that tell an app's pods from all others. They never change: a selector cannot. */
export function selectorLabels(app: string): Labels {
  return { "app.kubernetes.io/name": app, "app.kubernetes.io/instance": app };
}

/** The labels of everything that belongs to an app. `partOf` names the stack, `image` gives the version. */
export function appLabels(app: string, partOf: string, image: string): Labels {
  return {
    ...selectorLabels(app),
    "app.kubernetes.io/version": imageVersion(image),
    ...stackLabels(partOf),
  };
}

/** The labels of an app's job. The app's own name is not among them: its Services would send requests to the job. */
export function jobLabels(app: string, job: string, partOf: string): Labels {
  return { "app.kubernetes.io/name": jobName(app, job), "app.kubernetes.io/instance": app, ...stackLabels(partOf) };
}

/** The labels of everything that a stack makes. */
export function stackLabels(partOf: string): Labels {
  return { "app.kubernetes.io/part-of": partOf, "app.kubernetes.io/managed-by": "pulumi" };
}

/** Whether an object with these labels was made by the stack. */
export function isOwn(labels: Labels, partOf: string): boolean {
  return Object.entries(stackLabels(partOf)).every(([name, value]) => labels[name] === value);
}

/** An image's tag, or the beginning of its digest, in the form of a label's value. */
function imageVersion(image: string): string {
  const [name = "", digest] = image.split("@");
  const tag = /:([\w.-]+)$/.exec(name)?.[1] ?? digest?.replace("sha256:", "").slice(0, 12) ?? "latest";
  return tag.slice(0, 63).replace(/^[^a-zA-Z0-9]+|[^a-zA-Z0-9]+$/g, "");
}
