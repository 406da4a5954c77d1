import type { AppSettings } from "./app";
import { type Mistake, repeated } from "./mistakes";
import { mountsOf, withoutMounts } from "./mounts";
import { claimName } from "./names";
import { isInput, known } from "./values";
import { variablesIn } from "./variablesIn";

/** An app whose number of replicas is known. */
type App = Pick<
  AppSettings,
  "claims" | "restoreFrom" | "volumes" | "ordinals" | "env" | "envFrom" | "containers" | "initContainers"
> & {
  replicas: number;
};

/** How the claims and the volumes of an app fit together, and to its containers. */
export function checkVolumes(name: string, app: App): Mistake[] {
  return [
    ...checkClaimNames(name, app),
    ...checkClaims(app),
    ...checkMounting(app),
    ...checkMountPaths(app),
    ...checkSources(app),
    ...checkOtherContainers(app),
  ];
}

/** The longest name of a claim, which is a label's value too. */
const maxClaimName = 63;

function checkClaimNames(name: string, { claims = {}, replicas, ordinals: { start = 0 } = {} }: App): Mistake[] {
  return Object.keys(claims).flatMap((volume) => {
    // A number of replicas that is not known makes no name too long.
    const ordinal = start + (Number.isFinite(replicas) ? Math.max(replicas - 1, 0) : 0);
    const longest = claimName(name, volume, ordinal);
    return longest.length <= maxClaimName
      ? []
      : [
          {
            path: ["claims", volume],
            problem: `is too long: the name of the claim ${longest} would have ${String(longest.length)} characters; at most ${String(maxClaimName)} are allowed`,
          },
        ];
  });
}

/** The labels by which a stack recognizes its claims. */
const ownLabels = /^(stateful-apps\/.*|app\.kubernetes\.io\/(name|instance|managed-by))$/;

/** What Kubernetes refuses only when it creates the claims: it does not look into claim templates. */
function checkClaims({ claims = {}, restoreFrom, replicas }: App): Mistake[] {
  if (restoreFrom !== undefined && Object.keys(claims).length === 0) {
    return [{ path: ["restoreFrom"], problem: "requires claims, of which there are none" }];
  }
  return Object.entries(claims).flatMap(([volume, claim]) => {
    const { accessModes, volumeName, labels = {} } = claim;
    const path = ["claims", volume];
    return [
      ...(accessModes?.length === 0 ? [{ path: [...path, "accessModes"], problem: "must not be empty" }] : []),
      ...(accessModes?.includes("ReadWriteOncePod") && accessModes.length > 1
        ? [{ path: [...path, "accessModes"], problem: "must not have other modes beside ReadWriteOncePod" }]
        : []),
      ...(volumeName !== undefined && replicas > 1 && Number.isFinite(replicas)
        ? [
            {
              path: [...path, "volumeName"],
              value: known(volumeName),
              problem: `is only allowed with one replica: there are ${String(replicas)}, each with a claim of its own, and only one claim can use a volume`,
            },
          ]
        : []),
      ...(claim.dataSource !== undefined && claim.dataSourceRef !== undefined
        ? [{ path: [...path, "dataSourceRef"], problem: "is not allowed beside dataSource" }]
        : []),
      ...(["selector", "volumeName"] as const)
        .filter((setting) => restoreFrom !== undefined && claim[setting] !== undefined)
        .map((setting) => ({
          path: [...path, setting],
          problem: "is not allowed beside restoreFrom: no snapshot would be restored to a volume that exists",
        })),
      ...Object.keys(labels)
        .filter((label) => ownLabels.test(label))
        .map((label) => ({
          path: [...path, "labels", label],
          problem: "is not allowed: the stack recognizes its claims by this label",
        })),
    ];
  });
}

/** Every claim and volume of an app, with its path in the app's settings. */
const all = ({ claims = {}, volumes = {} }: App) => [
  ...Object.entries(claims).map(([name, volume]) => ({ volume, path: ["claims", name] })),
  ...Object.entries(volumes).map(([name, volume]) => ({ volume, path: ["volumes", name] })),
];

/** Where a claim or a volume is mounted in the container of the app. */
function checkMounting(app: App): Mistake[] {
  const others = mountsOfOthers(app);
  return all(app).flatMap(({ volume, path }): Mistake[] => {
    const { mountPath, subPath, readOnly, mounts } = volume;
    const needless = Object.entries({ subPath, readOnly }).filter(([, given]) => given !== undefined);
    // A mount that is not known can be that of any volume.
    const isMounted = others.some(({ name }) => name === path[1] || isInput(name));
    return [
      ...(mounts !== undefined && mountPath !== undefined
        ? [{ path: [...path, "mounts"], problem: "is not allowed beside mountPath" }]
        : []),
      ...(mounts?.length === 0 ? [{ path: [...path, "mounts"], problem: "must not be empty" }] : []),
      ...(mountPath === undefined
        ? needless.map(([setting]) => ({
            path: [...path, setting],
            problem: "requires mountPath; in mounts, each entry has its own",
          }))
        : []),
      ...(path[0] === "claims" && mountPath === undefined && mounts === undefined && !isMounted
        ? [{ path, problem: "must have one of mountPath and mounts, unless another container mounts it" }]
        : []),
    ];
  });
}

function checkMountPaths(app: App): Mistake[] {
  const mounts = all(app).flatMap(({ volume, path }) =>
    mountsOf(volume).map((mount, i) => ({
      mount,
      path: volume.mountPath === undefined ? [...path, "mounts", i] : path,
    })),
  );
  const paths = mounts.flatMap(({ mount, path }) => {
    const value = known(mount.mountPath as string);
    return value === undefined ? [] : [{ value, path, key: value.replace(/(?<=.)\/+$/, "") }];
  });
  return [
    ...[...repeated(paths)].map(({ path, value, first }) => ({
      path: [...path, "mountPath"],
      value,
      problem: `must differ from the path of ${first.path.join(".")}`,
    })),
    ...mounts.flatMap(({ mount, path }) => checkSubPathExpr(mount.subPathExpr, mount.subPath, path, app)),
  ];
}

function checkSubPathExpr(
  expression: unknown,
  subPath: unknown,
  path: Mistake["path"],
  { env = {}, envFrom = [] }: App,
): Mistake[] {
  const at = [...path, "subPathExpr"];
  if (expression !== undefined && subPath !== undefined)
    return [{ path: at, problem: "is not allowed beside subPath" }];
  if (envFrom.length > 0) return [];
  return variablesIn(expression)
    .filter((variable) => !Object.hasOwn(env, variable))
    .map((variable) => ({ path: at, value: expression, problem: `requires the variable ${variable} in env` }));
}

function checkSources({ claims = {}, volumes = {} }: App): Mistake[] {
  return [
    ...Object.keys(volumes)
      .filter((name) => Object.hasOwn(claims, name))
      .map((name) => ({
        path: ["volumes", name],
        problem: "has the name of a claim; each volume needs a name of its own",
      })),
    ...Object.entries(volumes)
      .filter(([, volume]) => Object.keys(withoutMounts(volume)).length !== 1)
      .map(([name]) => ({
        path: ["volumes", name],
        problem: "must have exactly one source, such as configMap, secret or emptyDir",
      })),
  ];
}

/** The volumes that the containers beside that of the app mount. */
function mountsOfOthers(app: App) {
  return (["initContainers", "containers"] as const).flatMap((kind) =>
    (app[kind] ?? []).flatMap(({ volumeMounts }: { volumeMounts?: unknown }, i) => {
      const path = [kind, i, "volumeMounts"];
      if (isInput(volumeMounts)) return [{ name: volumeMounts, path }];
      if (!Array.isArray(volumeMounts)) return [];
      return volumeMounts.map((mount: { name?: unknown } | null, j) => ({
        name: mount?.name,
        path: [...path, j, "name"],
      }));
    }),
  );
}

function checkOtherContainers(app: App): Mistake[] {
  const names = all(app).map(({ path }) => path[1]);
  const there = names.length === 0 ? "which are empty" : `which have ${names.join(", ")}`;
  return mountsOfOthers(app)
    .filter(({ name }) => !isInput(name) && !names.includes(name as string))
    .map(({ name, path }) => ({ path, value: name, problem: `must be a name in claims or volumes, ${there}` }));
}
