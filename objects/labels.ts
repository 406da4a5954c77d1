import { jobName } from "../schema/names";

/** Labels of an object. https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/ */
export type Labels = Record<string, string>;

/** The labels that select the pods of an app. They never change, because a selector is immutable. */
export function selectorLabels(app: string): Labels {
  return { "app.kubernetes.io/name": app, "app.kubernetes.io/instance": app };
}

/** The labels that select the pods of an app, and nobody else's, also if their app has the same name. */
export function podLabels(app: string, partOf: string): Labels {
  return { ...selectorLabels(app), ...stackLabels(partOf) };
}

/** The labels of every object of an app. `partOf` names the stack, `image` contains the version. */
export function appLabels(app: string, partOf: string, image: string): Labels {
  return {
    ...selectorLabels(app),
    "app.kubernetes.io/version": imageVersion(image),
    ...stackLabels(partOf),
  };
}

/** The labels that select the Jobs of a job. The app belongs to them: the joined names of two apps and jobs can be the same. */
export function jobSelectorLabels(app: string, name: string): Labels {
  return { "app.kubernetes.io/name": name, "app.kubernetes.io/instance": app };
}

/** The labels of a job. They lack the name of the app, whose Services would otherwise send requests to the job. */
export function jobLabels(app: string, job: string, partOf: string): Labels {
  return { ...jobSelectorLabels(app, jobName(app, job)), ...stackLabels(partOf) };
}

/** The labels of every object of a stack. */
export function stackLabels(partOf: string): Labels {
  return { "app.kubernetes.io/part-of": partOf, "app.kubernetes.io/managed-by": "pulumi" };
}

/** Whether an object with these labels has the name of the stack. */
export function isOwn(labels: Labels, partOf: string): boolean {
  return Object.entries(stackLabels(partOf)).every(([name, value]) => labels[name] === value);
}

/** The tag of an image, or the start of its digest, as the value of a label. */
function imageVersion(image: string): string {
  const [name = "", digest] = image.split("@");
  const tag = /:([\w.-]+)$/.exec(name)?.[1] ?? digest?.replace("sha256:", "").slice(0, 12) ?? "latest";
  return tag.slice(0, 63).replace(/^[^a-zA-Z0-9]+|[^a-zA-Z0-9]+$/g, "");
}

/** Which objects something selects, by their labels. */
export interface LabelSelector {
  matchLabels?: Labels;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

/** Whether a selector selects objects with these labels. An empty one selects all, and none selects nothing. */
export function selects(selector: LabelSelector | undefined, labels: Labels): boolean {
  if (selector === undefined) return false;
  const { matchLabels = {}, matchExpressions = [] } = selector;
  return (
    Object.entries(matchLabels).every(([label, value]) => labels[label] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      const isAmong = value !== undefined && values.includes(value);
      return { In: isAmong, NotIn: !isAmong, Exists: value !== undefined, DoesNotExist: value === undefined }[operator];
    })
  );
}
