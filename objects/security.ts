import type { types } from "@pulumi/kubernetes";

/*
 * What the `restricted` Pod Security Standard asks of a pod, and a root file system that nobody can write to.
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */

/** A user, and a group, that has no rights anywhere. */
const nobody = 65532;

export const podSecurityContext: types.input.core.v1.PodSecurityContext = {
  runAsNonRoot: true,
  // It owns the volumes, so that any user an image names can write to them.
  fsGroup: nobody,
  // A volume that belongs to the group already is not walked through again at every start.
  fsGroupChangePolicy: "OnRootMismatch",
  seccompProfile: { type: "RuntimeDefault" },
};

export const containerSecurityContext: types.input.core.v1.SecurityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  readOnlyRootFilesystem: true,
};

/** The same for an image that would run as root, and needs no more than its volumes. */
export const unprivilegedSecurityContext = { ...containerSecurityContext, runAsUser: nobody };

/** A pod that has no business with the Kubernetes API. */
export const unprivilegedPod: Partial<types.input.core.v1.PodSpec> = {
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  securityContext: podSecurityContext,
};

/** The labels by which a namespace turns away every pod that falls short of the standard. */
export const restrictedNamespaceLabels = {
  "pod-security.kubernetes.io/enforce": "restricted",
};
