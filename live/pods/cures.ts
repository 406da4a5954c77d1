/** What is wrong, as a pod's trouble says it, and what cures it. Kubernetes tries again, but waiting does not help. */
const ofPods: [RegExp, string][] = [
  [
    /: CreateContainerConfigError: .*(runAsNonRoot|non-root)/,
    "set podSecurityContext.runAsUser to the number of a user other than root",
  ],
  [/: (InvalidImageName|ErrImageNeverPull)\b/, "correct `image`, or `imagePullPolicy`"],
  [
    /: (CreateContainerConfigError|ContainerCreating|PodInitializing): .*(secret|configmap) "[^"]*" not found/,
    "create it, or correct the reference to it",
  ],
  [
    /: (CreateContainerConfigError|ContainerCreating|PodInitializing): .*(couldn't find key|references non-existent (secret|config) key)/,
    "add the key, or correct the reference to it",
  ],
  [/: exit code \d+ \((StartError|ContainerCannotRun)\)/, "correct `command`: the image cannot run it"],
];

/** What the API server says if it does not let the controller create a pod, and what cures it. */
const ofRefusals: [RegExp, string][] = [
  [/violates PodSecurity/, "change the pods, or the level of the namespace (`podSecurity`)"],
  [/(exceeded|failed) quota/, "change `resources` or `replicas`, or the quota"],
  [/error looking up service account/, "create the ServiceAccount, or correct `serviceAccount`"],
  [/ is (forbidden|invalid): |denied the request/, "change what the API server refuses"],
];

const curesIn = (cures: [RegExp, string][], words: string) =>
  cures.filter(([pattern]) => pattern.test(words)).map(([, cure]) => cure);

/** What cures a pod, if waiting does not. */
export const cureOfPod = (trouble: string) => curesIn(ofPods, trouble).join("; ") || undefined;

/** What cures a pod that the API server refuses. */
export const cureOfRefusal = (warning: string) => curesIn(ofRefusals, warning)[0];
