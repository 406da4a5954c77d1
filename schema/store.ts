import type { z } from "zod";
import { keyRef, resources, securityContext } from "./container";
import { componentSettings } from "./component";
import { networkPolicy } from "./networkPolicy";
import { storeOverrides } from "./overrides";
import { kubernetes, list, optional, required, settings, withDefault } from "./settings";
import { size } from "./quantities";
import { restoreFrom } from "./volumes";
import { image, port, storageClass, text } from "./values";

/** The port of every store. */
export const storePort = 6379;

/** The key of a store's password, in the Secret of the store's name. */
export const passwordKey = "password";

const storeSettings = {
  image: withDefault(image(), "redis:7.4-alpine", "The image of redis.", { plain: "a label follows from its tag" }),
  size: withDefault(size(), "1Gi", "The size of the volume. It can [grow](volumes.md)."),
  storageClassName: optional(
    storageClass(),
    "The StorageClass of the volume. An empty name turns dynamic provisioning off.",
    {
      absent: "the default class of the cluster",
    },
  ),
  restoreFrom: optional(restoreFrom, "The snapshots from which a missing claim is made.", {
    absent: "a missing claim starts empty",
  }),
  resources,
  command: optional(
    list(text()),
    "The command of the container. It must start a redis on port 6379, whose folder is `/data` and whose password is that in the variable `REDISCLI_AUTH`.",
    { absent: "a redis that writes every change to the volume ([Durability](stores.md#durability))" },
  ),
  podSecurityContext: optional(
    kubernetes("core.v1.PodSecurityContext"),
    "Fields of the pod's security context. They are [merged](overrides.md#how-values-are-merged) into the restricted default; null removes a field.",
  ),
  securityContext: securityContext(
    "Fields of the security context of the container, which runs as user 65532 by default.",
  ),
  networkPolicy: optional(networkPolicy, "Who reaches the pod, and what it reaches.", {
    absent: "in a stack file, the apps that use the store; in a program, the pods of the namespace",
  }),
  overrides: optional(
    storeOverrides,
    "[Changes of the objects](overrides.md) of the store, for what no setting offers.",
  ),
};

/** A store in a stack's config. */
export const store = settings(
  "Store",
  {
    title: "Stores",
    description:
      "A redis that several apps share, with a volume and with a password, which is the key `password` of the Secret of its name. An app uses it by `store`.",
    example: `stateful-apps:stores:
  sessions: { size: 1Gi }`,
  },
  storeSettings,
);

/** A store in a program. */
export const redisStore = settings(
  "RedisStore",
  { description: "The arguments of a RedisStore." },
  {
    ...componentSettings("store"),
    ...storeSettings,
    port: withDefault(port(), storePort, "The port that redis listens on.", {
      plain: "the command of the container contains it",
    }),
    password: required(keyRef, "The key of the Secret that holds the password."),
  },
);

export type StoreSettings = z.output<typeof store>;
