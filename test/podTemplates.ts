import type { V1PodTemplateSpec } from "@kubernetes/client-node";

/** A pod template, and what the levels `baseline` and `restricted` say of it, in the words of the API server. */
export interface PodTemplateCase {
  what: string;
  template: V1PodTemplateSpec;
  baseline: string[];
  restricted: string[];
}

const fitContext = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };
const fitPodContext = { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } };

interface Parts {
  /** What a security context has beside what `restricted` requires; null removes a field. */
  context?: Record<string, unknown>;
  podContext?: Record<string, unknown>;
  container?: object;
  spec?: object;
  annotations?: Record<string, string>;
}

const container = (name: string, { context = {}, container = {} }: Parts = {}) => ({
  name,
  image: "example",
  securityContext: { ...fitContext, ...context },
  ...container,
});

const template = (parts: Parts = {}) =>
  ({
    metadata: { annotations: parts.annotations },
    spec: {
      securityContext: { ...fitPodContext, ...parts.podContext },
      containers: [container("main", parts)],
      ...parts.spec,
    },
  }) as V1PodTemplateSpec;

const volume = (source: object) => ({ spec: { volumes: [{ name: "files", ...source }] } });

/** The same reasons at both levels. */
const both = (...reasons: string[]) => ({ baseline: reasons, restricted: reasons });
const onlyRestricted = (...reasons: string[]) => ({ baseline: [], restricted: reasons });

const cases: Record<string, { parts: Parts; baseline: string[]; restricted: string[] }> = {
  "nothing but what restricted requires": { parts: {}, ...both() },
  "no security context": {
    parts: { spec: { securityContext: null }, container: { securityContext: null } },
    ...onlyRestricted(
      "unrestricted capabilities",
      "seccompProfile",
      "allowPrivilegeEscalation != false",
      "runAsNonRoot != true",
    ),
  },
  "empty lists and maps": {
    parts: {
      context: { capabilities: { add: [], drop: ["ALL"] }, seLinuxOptions: {} },
      podContext: { sysctls: [] },
      spec: { volumes: [], initContainers: [] },
    },
    ...both(),
  },

  hostNetwork: { parts: { spec: { hostNetwork: true } }, ...both("host namespaces") },
  hostPID: { parts: { spec: { hostPID: true } }, ...both("host namespaces") },
  hostIPC: { parts: { spec: { hostIPC: true } }, ...both("host namespaces") },
  "hostNetwork: false": { parts: { spec: { hostNetwork: false } }, ...both() },

  privileged: {
    parts: { context: { privileged: true, allowPrivilegeEscalation: null } },
    baseline: ["privileged"],
    restricted: ["privileged", "allowPrivilegeEscalation != false"],
  },
  "privileged: false": { parts: { context: { privileged: false } }, ...both() },
  "a privileged init container": {
    parts: {
      spec: {
        initContainers: [container("first", { context: { privileged: true, allowPrivilegeEscalation: null } })],
      },
    },
    baseline: ["privileged"],
    restricted: ["privileged", "allowPrivilegeEscalation != false"],
  },
  "a privileged sidecar": {
    parts: {
      spec: {
        initContainers: [
          container("side", {
            context: { privileged: true, allowPrivilegeEscalation: null },
            container: { restartPolicy: "Always" },
          }),
        ],
      },
    },
    baseline: ["privileged"],
    restricted: ["privileged", "allowPrivilegeEscalation != false"],
  },
  "a second container without a security context": {
    parts: { spec: { containers: [container("main"), { name: "second", image: "example" }] } },
    ...onlyRestricted("unrestricted capabilities", "allowPrivilegeEscalation != false"),
  },

  NET_BIND_SERVICE: {
    parts: { context: { capabilities: { add: ["NET_BIND_SERVICE"], drop: ["ALL"] } } },
    ...both(),
  },
  "a capability of the default set": {
    parts: { context: { capabilities: { add: ["CHOWN", "NET_BIND_SERVICE"], drop: ["ALL"] } } },
    ...onlyRestricted("unrestricted capabilities"),
  },
  "a capability that is not of the default set": {
    parts: { context: { capabilities: { add: ["NET_RAW"], drop: ["ALL"] } } },
    baseline: ["non-default capabilities"],
    restricted: ["unrestricted capabilities"],
  },
  "a capability with its prefix": {
    parts: { context: { capabilities: { add: ["CAP_CHOWN"], drop: ["ALL"] } } },
    baseline: ["non-default capabilities"],
    restricted: ["unrestricted capabilities"],
  },
  "all capabilities": {
    parts: { context: { capabilities: { add: ["ALL"], drop: ["ALL"] } } },
    baseline: ["non-default capabilities"],
    restricted: ["unrestricted capabilities"],
  },
  "capabilities that are not all dropped": {
    parts: { context: { capabilities: { drop: ["NET_RAW"] } } },
    ...onlyRestricted("unrestricted capabilities"),
  },
  "capabilities that are dropped by a name in small letters": {
    parts: { context: { capabilities: { drop: ["all"] } } },
    ...onlyRestricted("unrestricted capabilities"),
  },

  hostPath: {
    parts: volume({ hostPath: { path: "/dev/null" } }),
    baseline: ["hostPath volumes"],
    restricted: ["restricted volume types"],
  },
  nfs: { parts: volume({ nfs: { server: "nas", path: "/" } }), ...onlyRestricted("restricted volume types") },
  iscsi: {
    parts: volume({ iscsi: { targetPortal: "nas", iqn: "iqn.2001-04.com.example:a", lun: 0 } }),
    ...onlyRestricted("restricted volume types"),
  },
  configMap: { parts: volume({ configMap: { name: "a" } }), ...both() },
  secret: { parts: volume({ secret: { secretName: "a" } }), ...both() },
  emptyDir: { parts: volume({ emptyDir: {} }), ...both() },
  downwardAPI: {
    parts: volume({ downwardAPI: { items: [{ path: "name", fieldRef: { fieldPath: "metadata.name" } }] } }),
    ...both(),
  },
  projected: { parts: volume({ projected: { sources: [{ configMap: { name: "a" } }] } }), ...both() },
  persistentVolumeClaim: { parts: volume({ persistentVolumeClaim: { claimName: "a" } }), ...both() },
  ephemeral: {
    parts: volume({
      ephemeral: {
        volumeClaimTemplate: {
          spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Mi" } } },
        },
      },
    }),
    ...both(),
  },
  csi: { parts: volume({ csi: { driver: "csi.example.org" } }), ...both() },
  image: { parts: volume({ image: { reference: "example" } }), ...both() },
  "a volume without a source": { parts: volume({}), ...both() },

  hostPort: {
    parts: { container: { ports: [{ containerPort: 80, hostPort: 80 }] } },
    ...both("hostPort"),
  },
  "hostPort: 0": { parts: { container: { ports: [{ containerPort: 80, hostPort: 0 }] } }, ...both() },

  "the host of a probe": {
    parts: { container: { livenessProbe: { httpGet: { port: 80, host: "10.0.0.1" } } } },
    ...both("probe or lifecycle host"),
  },
  "the host of a probe by TCP": {
    parts: { container: { startupProbe: { tcpSocket: { port: 80, host: "10.0.0.1" } } } },
    ...both("probe or lifecycle host"),
  },
  "the host of a hook": {
    parts: { container: { lifecycle: { preStop: { httpGet: { port: 80, host: "10.0.0.1" } } } } },
    ...both("probe or lifecycle host"),
  },
  "a probe without a host": {
    parts: { container: { readinessProbe: { httpGet: { port: 80, host: "" } } } },
    ...both(),
  },

  "AppArmor of the pod off": {
    parts: { podContext: { appArmorProfile: { type: "Unconfined" } } },
    ...both("forbidden AppArmor profile"),
  },
  "AppArmor of a container off": {
    parts: { context: { appArmorProfile: { type: "Unconfined" } } },
    ...both("forbidden AppArmor profile"),
  },
  "a profile of AppArmor on the node": {
    parts: { context: { appArmorProfile: { type: "Localhost", localhostProfile: "a" } } },
    ...both(),
  },
  "AppArmor off by annotation": {
    parts: { annotations: { "container.apparmor.security.beta.kubernetes.io/main": "unconfined" } },
    ...both("forbidden AppArmor profile"),
  },
  "AppArmor's default by annotation": {
    parts: { annotations: { "container.apparmor.security.beta.kubernetes.io/main": "runtime/default" } },
    ...both(),
  },

  "a type of SELinux": {
    parts: { podContext: { seLinuxOptions: { type: "spc_t" } } },
    ...both("seLinuxOptions"),
  },
  "a user of SELinux": {
    parts: { context: { seLinuxOptions: { user: "system_u" } } },
    ...both("seLinuxOptions"),
  },
  "a role of SELinux": {
    parts: { context: { seLinuxOptions: { role: "system_r" } } },
    ...both("seLinuxOptions"),
  },
  "types of SELinux that are allowed": {
    parts: {
      podContext: { seLinuxOptions: { type: "container_t", level: "s0:c1,c2" } },
      context: { seLinuxOptions: { type: "container_engine_t" } },
    },
    ...both(),
  },

  "an unmasked /proc": {
    parts: { context: { procMount: "Unmasked" }, spec: { hostUsers: false } },
    ...onlyRestricted("procMount"),
  },
  "procMount: Default": { parts: { context: { procMount: "Default" } }, ...both() },

  "seccomp off": {
    parts: { podContext: { seccompProfile: { type: "Unconfined" } } },
    ...both("seccompProfile"),
  },
  "seccomp of a container off": {
    parts: { context: { seccompProfile: { type: "Unconfined" } } },
    ...both("seccompProfile"),
  },
  "a profile of seccomp on the node": {
    parts: { podContext: { seccompProfile: { type: "Localhost", localhostProfile: "a.json" } } },
    ...both(),
  },
  "seccomp of no container": { parts: { podContext: { seccompProfile: null } }, ...onlyRestricted("seccompProfile") },
  "seccomp of each container": {
    parts: { podContext: { seccompProfile: null }, context: { seccompProfile: { type: "RuntimeDefault" } } },
    ...both(),
  },

  "a sysctl that is safe": {
    parts: { podContext: { sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }] } },
    ...both(),
  },
  "a sysctl that is not safe": {
    parts: { podContext: { sysctls: [{ name: "kernel.msgmax", value: "1" }] } },
    ...both("forbidden sysctls"),
  },

  "privilege escalation": {
    parts: { context: { allowPrivilegeEscalation: true } },
    ...onlyRestricted("allowPrivilegeEscalation != false"),
  },

  "root allowed in the pod": {
    parts: { podContext: { runAsNonRoot: false }, context: { runAsNonRoot: true } },
    ...onlyRestricted("runAsNonRoot != true"),
  },
  "root allowed in a container": {
    parts: { context: { runAsNonRoot: false } },
    ...onlyRestricted("runAsNonRoot != true"),
  },
  "runAsNonRoot of each container": {
    parts: { podContext: { runAsNonRoot: null }, context: { runAsNonRoot: true } },
    ...both(),
  },
  "root in the pod": { parts: { podContext: { runAsUser: 0 } }, ...onlyRestricted("runAsUser=0") },
  "root in a container": { parts: { context: { runAsUser: 0 } }, ...onlyRestricted("runAsUser=0") },
  "root in a user namespace": {
    parts: { podContext: { runAsNonRoot: false }, context: { runAsUser: 0 }, spec: { hostUsers: false } },
    ...both(),
  },

  "a process of the Windows host": {
    parts: {
      podContext: {
        seccompProfile: null,
        windowsOptions: { hostProcess: true, runAsUserName: "NT AUTHORITY\\SYSTEM" },
      },
      container: { securityContext: null },
      spec: { os: { name: "windows" }, hostNetwork: true },
    },
    ...both("hostProcess", "host namespaces"),
  },
  "a pod for Windows": {
    parts: {
      podContext: { seccompProfile: null },
      container: { securityContext: null },
      spec: { os: { name: "windows" } },
    },
    ...both(),
  },
};

export const podTemplateCases: PodTemplateCase[] = Object.entries(cases).map(([what, { parts, ...reasons }]) => ({
  what,
  template: template(parts),
  ...reasons,
}));
