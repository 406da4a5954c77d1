import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { isInput } from "../schema/values";
import { mergePatch } from "./mergePatch";

/*
 * What the `restricted` Pod Security Standard requires of a pod, and a root file system that is read-only.
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */

/** A user and a group without rights. */
const nobody = 65532;

const podDefaults: types.input.core.v1.PodSecurityContext = {
  runAsNonRoot: true,
  // The group owns the volumes, so that the user of any image can write to them.
  fsGroup: nobody,
  // Skips a volume that already belongs to the group, instead of changing every file at each start.
  fsGroupChangePolicy: "OnRootMismatch",
  seccompProfile: { type: "RuntimeDefault" },
};

export const containerSecurityContext: types.input.core.v1.SecurityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  readOnlyRootFilesystem: true,
};

/** The same for an image whose user is root, although it needs no rights of root. */
export const unprivilegedSecurityContext = { ...containerSecurityContext, runAsUser: nobody, runAsGroup: nobody };

/** A pod that does not use the Kubernetes API. */
export const unprivilegedPod: Partial<types.input.core.v1.PodSpec> = {
  automountServiceAccountToken: false,
  enableServiceLinks: false,
};

/** The fields that are looked at. The user writes them, so that they can have any form. */
interface Own {
  privileged?: unknown;
  capabilities?: { add?: unknown } | null;
  runAsUser?: unknown;
  fsGroup?: unknown;
}

type SecurityContext = types.input.core.v1.PodSecurityContext | types.input.core.v1.SecurityContext;

/** A security context with the defaults for what it does not set. A field that is null is left out. */
export function withDefaults<Context extends SecurityContext>(
  defaults: Context,
  own: pulumi.Input<Context | undefined>,
): pulumi.Input<Context> {
  return fromDefaults(() => defaults, own);
}

/**
 * The same for a pod. A user that the image need not know gets the group of the volumes, and not that of root, which it would
 * have otherwise. The user of the image has a group of its own: no container starts with a group and without a user.
 */
export const podSecurityContext = (
  own?: pulumi.Input<types.input.core.v1.PodSecurityContext | undefined>,
): pulumi.Input<types.input.core.v1.PodSecurityContext> =>
  fromDefaults(
    ({ runAsUser, fsGroup = nobody }) =>
      typeof runAsUser === "number" ? mergePatch(podDefaults, { runAsGroup: fsGroup }) : podDefaults,
    own,
  );

function fromDefaults<Context extends SecurityContext>(
  defaults: (own: Own) => Context,
  own: pulumi.Input<Context | undefined>,
): pulumi.Input<Context> {
  const merged = (given: unknown) => {
    const known = (given ?? {}) as Own;
    return merge(defaults(known), known);
  };
  return hasInputs(own) ? pulumi.output(own).apply(merged) : merged(own);
}

function merge<Context extends SecurityContext>(defaults: Context, own: Own): Context {
  // Beside these, the API server refuses `allowPrivilegeEscalation: false`.
  const escalates = own.privileged === true || addedCapabilities(own).includes("CAP_SYS_ADMIN");
  const fitting = escalates ? mergePatch(defaults, { allowPrivilegeEscalation: null }) : defaults;
  return mergePatch(fitting, own);
}

const addedCapabilities = ({ capabilities }: Own): unknown[] =>
  Array.isArray(capabilities?.add) ? (capabilities.add as unknown[]) : [];

/** Whether a value is an output or a promise, or contains one. */
const hasInputs = (value: unknown): boolean =>
  isInput(value) || (typeof value === "object" && value !== null && Object.values(value).some(hasInputs));
