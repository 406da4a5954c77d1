import type { types } from "@pulumi/kubernetes";

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

/** The labels of a namespace that refuses pods which violate the standard. */
export const restrictedNamespaceLabels = {
  "pod-security.kubernetes.io/enforce": "restricted",
};
