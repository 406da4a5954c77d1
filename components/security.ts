import type { types } from "@pulumi/kubernetes";

/*
 * What the `restricted` Pod Security Standard asks of a pod, and a root file system that nobody can write to.
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */

/** The group that owns an app's volumes, so that any user an image names can write to them. */
const volumeGroup = 65532;

export const podSecurityContext: types.input.core.v1.PodSecurityContext = {
  runAsNonRoot: true,
  fsGroup: volumeGroup,
  // A volume that belongs to the group already is not walked through again at every start.
  fsGroupChangePolicy: "OnRootMismatch",
  seccompProfile: { type: "RuntimeDefault" },
};

export const containerSecurityContext: types.input.core.v1.SecurityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  readOnlyRootFilesystem: true,
};

/** The labels by which a namespace turns away every pod that falls short of the standard. */
export const restrictedNamespaceLabels = {
  "pod-security.kubernetes.io/enforce": "restricted",
};
