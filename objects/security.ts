import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { isInput } from "../schema/values";

/*
 * What the `restricted` Pod Security Standard requires of a pod, and a root file system that is read-only.
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */

/** A user and a group without rights. */
const nobody = 65532;

export const podSecurityContext: types.input.core.v1.PodSecurityContext = {
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
export const unprivilegedSecurityContext = { ...containerSecurityContext, runAsUser: nobody };

/** A pod that does not use the Kubernetes API. */
export const unprivilegedPod: Partial<types.input.core.v1.PodSpec> = {
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  securityContext: podSecurityContext,
};

type SecurityContext = types.input.core.v1.PodSecurityContext | types.input.core.v1.SecurityContext;
type Fields = Record<string, unknown>;

/**
 * A security context with the defaults for what it does not set. A field replaces the default, `capabilities` by `add`
 * and `drop`. A field that is null is left out.
 */
export function withDefaults<Context extends SecurityContext>(
  defaults: Context,
  own: pulumi.Input<Context | undefined>,
): pulumi.Input<Context> {
  const merged = (known: unknown) => merge(defaults as Fields, (known ?? {}) as Fields) as Context;
  return hasInputs(own) ? pulumi.output(own).apply(merged) : merged(own);
}

function merge(defaults: Fields, own: Fields): Fields {
  const fields = { ...defaults, ...own };
  const { capabilities } = own;
  if (isMap(capabilities)) fields.capabilities = present({ ...(defaults.capabilities as Fields), ...capabilities });
  // Beside these, the API server refuses `allowPrivilegeEscalation: false`.
  const escalates = own.privileged === true || addedCapabilities(capabilities).includes("CAP_SYS_ADMIN");
  if (escalates && own.allowPrivilegeEscalation === undefined) delete fields.allowPrivilegeEscalation;
  return present(fields);
}

const isMap = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value);

const addedCapabilities = (capabilities: unknown): unknown[] =>
  isMap(capabilities) && Array.isArray(capabilities.add) ? (capabilities.add as unknown[]) : [];

const present = (fields: Fields) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));

/** Whether a value is an output or a promise, or contains one. */
const hasInputs = (value: unknown): boolean =>
  isInput(value) || (typeof value === "object" && value !== null && Object.values(value).some(hasInputs));
