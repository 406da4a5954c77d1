import type { Mistake } from "../../schema/mistakes";
import type { PodSecurityLevel } from "../../schema/stack";
import type { Field } from "./field";
import type { PodFields } from "./podFields";

/*
 * The controls of the Pod Security Standards, as Kubernetes 1.35 has them.
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/
 * https://pkg.go.dev/k8s.io/pod-security-admission/policy
 */

interface Control {
  /** The levels that have it. */
  levels: PodSecurityLevel[];
  /** How the API server says it. */
  reason: string;
  find: (pod: PodFields) => Mistake[];
}

const baseline: PodSecurityLevel[] = ["baseline"];
const restricted: PodSecurityLevel[] = ["restricted"];
const both: PodSecurityLevel[] = ["baseline", "restricted"];

const profileTypes = ["RuntimeDefault", "Localhost"];

const addableCapabilities = [
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
];

const safeSysctls = [
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.ping_group_range",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.tcp_wmem",
];

const restrictedVolumes = [
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "image",
  "persistentVolumeClaim",
  "projected",
  "secret",
];

/** The fields of these names in several maps. */
const each = (maps: Field[], ...keys: string[]) => maps.map((map) => map.get(...keys));

/** The fields that are set to a value which is not allowed. */
const others = (fields: Field[], allowed: unknown[], problem = `must be ${allowed.join(" or ")}`) =>
  fields.filter(({ isSet, value }) => isSet && !allowed.includes(value)).map((field) => field.mistake(problem));

/** A field that containers inherit from the pod: one of them must set it, and to a value which is allowed. */
function inherited({ podContext, containerContexts }: PodFields, keys: string[], allowed: unknown[]): Mistake[] {
  const ofPod = podContext.get(...keys);
  const ofContainers = each(containerContexts, ...keys);
  const isDecided = ofPod.isSet || ofContainers.every(({ isSet }) => isSet);
  return [
    ...others([ofPod, ...ofContainers], allowed),
    ...(isDecided ? [] : [ofPod.mistake(`must be ${allowed.join(" or ")}`)]),
  ];
}

const addedCapabilities = ({ containerContexts }: PodFields, allowed: string[]) =>
  each(containerContexts, "capabilities", "add")
    .filter((list) => list.items().some(({ value }) => !allowed.includes(String(value))))
    .map((list) => list.mistake(`must only contain ${allowed.join(", ")}`));

const maskedProc = ({ containerContexts }: PodFields) => others(each(containerContexts, "procMount"), ["Default"]);

/** The sources of the pod's volumes. */
const sources = (spec: Field) =>
  spec
    .get("volumes")
    .items()
    .flatMap((volume) => volume.fields())
    .filter(({ key, field }) => key !== "name" && field.isSet);

/** A source is a map, which says nothing more. */
const forbidden = ({ path }: Field): Mistake => ({ path, problem: "is not allowed as the source of a volume" });

export const controls: Control[] = [
  {
    levels: both,
    reason: "hostProcess",
    find: ({ contexts }) => others(each(contexts, "windowsOptions", "hostProcess"), [false]),
  },
  {
    levels: both,
    reason: "host namespaces",
    find: ({ spec }) => others([spec.get("hostNetwork"), spec.get("hostPID"), spec.get("hostIPC")], [false]),
  },
  {
    levels: both,
    reason: "privileged",
    find: ({ containerContexts }) => others(each(containerContexts, "privileged"), [false]),
  },
  {
    levels: baseline,
    reason: "non-default capabilities",
    find: (pod) => addedCapabilities(pod, addableCapabilities),
  },
  {
    levels: restricted,
    reason: "unrestricted capabilities",
    find: (pod) =>
      pod.isWindows
        ? []
        : [
            ...addedCapabilities(pod, ["NET_BIND_SERVICE"]),
            ...each(pod.containerContexts, "capabilities", "drop")
              .filter((list) => !list.items().some(({ value }) => value === "ALL"))
              .map((list) => list.mistake("must contain ALL")),
          ],
  },
  {
    levels: baseline,
    reason: "hostPath volumes",
    find: ({ spec }) => sources(spec).flatMap(({ key, field }) => (key === "hostPath" ? [forbidden(field)] : [])),
  },
  {
    levels: restricted,
    reason: "restricted volume types",
    find: ({ spec }) =>
      sources(spec).flatMap(({ key, field }) => (restrictedVolumes.includes(key) ? [] : [forbidden(field)])),
  },
  {
    levels: both,
    reason: "hostPort",
    find: ({ containers }) =>
      others(
        containers.flatMap((container) => each(container.get("ports").items(), "hostPort")),
        [0],
        "must not be set",
      ),
  },
  {
    levels: both,
    reason: "probe or lifecycle host",
    find: ({ containers }) => {
      const handlers = [
        ...["livenessProbe", "readinessProbe", "startupProbe"].flatMap((probe) => each(containers, probe)),
        ...["postStart", "preStop"].flatMap((hook) => each(containers, "lifecycle", hook)),
      ];
      const hosts = ["httpGet", "tcpSocket"].flatMap((action) => each(handlers, action, "host"));
      return others(hosts, [""], "must not be set");
    },
  },
  {
    levels: both,
    reason: "forbidden AppArmor profile",
    find: ({ contexts, annotations }) => [
      ...others(each(contexts, "appArmorProfile", "type"), profileTypes),
      ...annotations
        .fields()
        .filter(({ key }) => key.startsWith("container.apparmor.security.beta.kubernetes.io/"))
        .filter(
          ({ field }) => !/^($|runtime\/default$|localhost\/)/.test(typeof field.value === "string" ? field.value : ""),
        )
        .map(({ field }) => field.mistake("must be runtime/default or localhost/PROFILE")),
    ],
  },
  {
    levels: both,
    reason: "seLinuxOptions",
    find: ({ contexts }) => {
      const options = each(contexts, "seLinuxOptions");
      const types = ["container_t", "container_init_t", "container_kvm_t", "container_engine_t"];
      return [
        ...others(each(options, "type"), ["", ...types], `must be ${types.join(" or ")}`),
        ...others([...each(options, "user"), ...each(options, "role")], [""], "must not be set"),
      ];
    },
  },
  {
    levels: baseline,
    reason: "procMount",
    find: (pod) => (pod.isInUserNamespace ? [] : maskedProc(pod)),
  },
  { levels: restricted, reason: "procMount", find: maskedProc },
  {
    levels: baseline,
    reason: "seccompProfile",
    find: ({ contexts }) => others(each(contexts, "seccompProfile", "type"), profileTypes),
  },
  {
    levels: restricted,
    reason: "seccompProfile",
    find: (pod) => (pod.isWindows ? [] : inherited(pod, ["seccompProfile", "type"], profileTypes)),
  },
  {
    levels: both,
    reason: "forbidden sysctls",
    find: ({ podContext }) =>
      others(each(podContext.get("sysctls").items(), "name"), safeSysctls, `must be one of ${safeSysctls.join(", ")}`),
  },
  {
    levels: restricted,
    reason: "allowPrivilegeEscalation != false",
    find: ({ containerContexts, isWindows }) =>
      isWindows
        ? []
        : each(containerContexts, "allowPrivilegeEscalation")
            .filter(({ value }) => value !== false)
            .map((field) => field.mistake("must be false")),
  },
  {
    levels: restricted,
    reason: "runAsNonRoot != true",
    find: (pod) => (pod.isInUserNamespace ? [] : inherited(pod, ["runAsNonRoot"], [true])),
  },
  {
    levels: restricted,
    reason: "runAsUser=0",
    find: ({ contexts, isInUserNamespace }) =>
      isInUserNamespace
        ? []
        : each(contexts, "runAsUser")
            .filter(({ value }) => value === 0)
            .map((field) => field.mistake("must not be 0")),
  },
];
