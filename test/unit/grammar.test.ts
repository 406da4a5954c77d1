import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { parseConfig } from "../../config";

const claim = { size: "1Gi", mountPath: "/data" };

function parse(app: Record<string, unknown>, others: Record<string, unknown> = {}, name = "web") {
  const settings = { apps: { [name]: { image: "web", ...app } }, ...others };
  const config = Object.entries(settings).map(([key, value]) => [`stateful-apps:${key}`, JSON.stringify(value)]);
  return parseConfig(Object.fromEntries(config) as Record<string, string>, () => false, "stateful-apps");
}

/** The settings of an app that Kubernetes accepts, as a stack file can have them. */
const accepted: Record<string, Record<string, unknown>> = {
  "a partition without pods": { replicas: 0, updateStrategy: { rollingUpdate: { partition: 1 } } },
  "no StorageClass": { claims: { data: { ...claim, storageClassName: "" } } },
  "ordinals that start elsewhere, with a partition that counts from there": {
    replicas: 2,
    ordinals: { start: 5 },
    updateStrategy: { rollingUpdate: { partition: 2 } },
  },
  "a load balancer for few": {
    service: {
      type: "LoadBalancer",
      externalTrafficPolicy: "Local",
      healthCheckNodePort: 30001,
      loadBalancerClass: "internal",
      loadBalancerSourceRanges: ["10.0.0.0/8", "::/0", "2001:db8::1/128"],
      sessionAffinity: "ClientIP",
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 86400 } },
    },
  },
  "one IP family, and two": {
    service: { ipFamilies: ["IPv6"] },
    headlessService: { ipFamilies: ["IPv4", "IPv6"], ipFamilyPolicy: "PreferDualStack" },
    podServices: { ipFamilyPolicy: "RequireDualStack" },
  },
  "more node ports than pods": {
    replicas: 2,
    podServices: { type: "NodePort", ports: { http: { nodePorts: [30001, "30002", 30003] } } },
  },
  "any working directory": { workingDir: "/" },
  "a percentage of pods": { updateStrategy: { rollingUpdate: { maxUnavailable: "50%" } } },
  "a variable that starts with a digit": { env: { "1PASSWORD": "a", "my.var-1 x": "b" } },
  "small and signed quantities": { resources: { requests: { cpu: "100u" }, limits: { cpu: "+1" } } },
  "a digest of another algorithm": { image: `web@sha512:${"0".repeat(128)}` },
  "the permissions of files": {
    volumes: { keys: { mountPath: "/keys", secret: { secretName: "s", defaultMode: 256 } } },
  },
  "labels with and without domains": {
    podLabels: { team: "", "example.org/team": "a_b.c", version: 2, canary: true },
    nodeSelector: { "kubernetes.io/arch": "amd64" },
    podAnnotations: { "example.org/anything": "with spaces, !" },
  },
  "resources with domains, and huge pages": {
    resources: { requests: { "nvidia.com/gpu": 1, "hugepages-2Mi": "2Mi", "ephemeral-storage": "1Gi" } },
  },
  "the fields that a pod can read": {
    env: Object.fromEntries(
      ["metadata.uid", "metadata.labels['a/b']", "spec.nodeName", "status.podIPs"].map((fieldPath, i) => [
        `V${String(i)}`,
        { valueFrom: { fieldRef: { fieldPath } } },
      ]),
    ),
  },
  "a ServiceAccount that every namespace has": { serviceAccount: { name: "default", create: false } },
  "sidecars with names and images": { containers: [{ name: "proxy", image: "envoy" }] },
  "variables that refer to others, in any order": { env: { A: "$(B)", B: "$(C)$(D)", C: "$$(A)" } },
  "a probe by a command": { livenessProbe: { exec: { command: ["pg_isready", "-q"] } } },
  "a probe by a connection": { livenessProbe: { tcpSocket: {} }, startupProbe: { tcpSocket: { port: 8080 } } },
  "a probe by gRPC": { readinessProbe: { grpc: {} }, livenessProbe: { grpc: { port: 8080, service: "cart" } } },
  "a probe by HTTPS with headers": {
    readinessProbe: { httpGet: { path: "/", scheme: "HTTPS", httpHeaders: [{ name: "Host", value: "cart" }] } },
  },
  "several ports": {
    ports: {
      client: 2379,
      peer: { containerPort: "2380", appProtocol: "http" },
      dns: { containerPort: 53, protocol: "UDP" },
    },
    service: { type: "NodePort", ports: { client: { port: 80, nodePort: 30001 } } },
    readinessProbe: { httpGet: { path: "/", port: "peer" } },
    livenessProbe: { tcpSocket: { port: 2379 } },
  },
  "one number for two protocols": { ports: { tcp: 53, udp: { containerPort: 53, protocol: "UDP" } } },
  "a single port of any name": {
    ports: { postgres: 5432 },
    service: { port: 5433, portName: "sql" },
    readinessProbe: { tcpSocket: {} },
    connectionTest: {},
  },
  "a request or a limit as a variable": {
    env: { A: { valueFrom: { resourceFieldRef: { resource: "limits.memory", divisor: "1Mi" } } } },
  },
  "a CronJob with a long name": { cronJobs: { ["j".repeat(48)]: { schedule: "@daily" } } },
  "a variable REPLICAS of a job for each change": {
    jobs: { before: { j: { env: { REPLICAS: "3" } }, k: { trigger: "Change", env: { PREVIOUS_REPLICAS: "3" } } } },
  },
  "a job with volumes and a ServiceAccount of its own": {
    jobs: {
      before: {
        j: {
          volumes: { v: { mountPath: "/v", configMap: { name: "c" } }, w: { mountPath: "/w", emptyDir: {} } },
          serviceAccountName: "default",
          automountServiceAccountToken: true,
        },
      },
    },
  },
  "integers and booleans as text": { env: { A: 1, B: true, C: -1, D: 9007199254740991 } },
};

/** The settings of an app that Kubernetes never accepts, or that YAML has changed, with the start of the mistake. */
const refused: [string, Record<string, unknown>, string][] = [
  [
    "an unknown resource",
    { resources: { requests: { cpus: 1 } } },
    "resources.requests.cpus has a name that must be cpu",
  ],
  [
    "a path out of a volume",
    volume({ subPath: "../etc" }),
    'volumes.v.subPath is "../etc"; it must be a relative path',
  ],
  ["an absolute path in a volume", volume({ subPath: "/etc" }), "volumes.v.subPath is"],
  ["a mount at the root", volume({ mountPath: "/" }), 'volumes.v.mountPath is "/"; it must be an absolute path other'],
  ["a mount at the root in disguise", volume({ mountPath: "//" }), "volumes.v.mountPath is"],
  [
    "a file out of a volume",
    volume({ emptyDir: undefined, secret: { secretName: "s", items: [{ key: "k", path: "../k" }] } }),
    "volumes.v.secret.items.0.path is",
  ],
  [
    "a field that does not exist",
    { env: { A: { valueFrom: { fieldRef: { fieldPath: "metadata.color" } } } } },
    "env.A.valueFrom.fieldRef.fieldPath is",
  ],
  ["no access mode", claims({ accessModes: [] }), "claims.data.accessModes must not be empty"],
  [
    "ReadWriteOncePod beside others",
    claims({ accessModes: ["ReadWriteOncePod", "ReadWriteOnce"] }),
    "claims.data.accessModes must not have other modes",
  ],
  ["the key of a label with a space", { podLabels: { "a b": "c" } }, "podLabels.a b has a name that"],
  ["the value of a label with a sign", { podLabels: { a: "b!" } }, 'podLabels.a is "b!"; it must be at most 63'],
  ["a long value of a label", { podLabels: { a: "b".repeat(64) } }, "podLabels.a is"],
  ["the key of an annotation", { podAnnotations: { "a b": "c" } }, "podAnnotations.a b has a name that"],
  ["the key of a node's label", { nodeSelector: { "/a": "b" } }, "nodeSelector./a has a name that"],
  [
    "a node port out of the range",
    { service: { type: "NodePort", nodePort: 8080 } },
    "service.nodePort is 8080; it must be an integer from 30000 to 32767",
  ],
  ["a sidecar without an image", { containers: [{ name: "proxy" }] }, "containers.0.image is missing"],
  ["a sidecar without a name", { initContainers: [{ image: "a" }] }, "initContainers.0.name is missing; it must be"],
  [
    "a sidecar with the name of the app",
    { containers: [{ name: "web", image: "a" }] },
    'containers.0.name is "web"; it must differ from the name of the app',
  ],
  [
    "two sidecars of one name",
    { containers: [{ name: "a", image: "a" }], initContainers: [{ name: "a", image: "a" }] },
    'containers.0.name is "a"; it must differ from the name of initContainers.0',
  ],
  ["true as a port", probe(true), "readinessProbe.httpGet.port is true; it must be an integer"],
  ["a list as a port", probe([8080]), "readinessProbe.httpGet.port is [8080]; it must be"],
  ["no action of a probe", { readinessProbe: {} }, "readinessProbe must have exactly one of httpGet, exec, tcpSocket"],
  [
    "two actions of a probe",
    { livenessProbe: { tcpSocket: {}, httpGet: { path: "/" } } },
    "livenessProbe must have exactly one of httpGet, exec, tcpSocket",
  ],
  [
    "a connection to a port nobody serves",
    { livenessProbe: { tcpSocket: { port: "sql" } } },
    'livenessProbe.tcpSocket.port is "sql"; it must be a port that the container listens on',
  ],
  [
    "gRPC on a port nobody serves",
    { livenessProbe: { grpc: { port: 9 } } },
    "livenessProbe.grpc.port is 9; it must be a port that the container listens on",
  ],
  ["ports beside a containerPort", { containerPort: 1, ports: { a: 2 } }, "containerPort is not allowed beside ports"],
  ["no port", { ports: {} }, "ports must not be empty"],
  ["a long name of a port", { ports: { "a-long-name-for-it": 1 } }, "ports.a-long-name-for-it has a name that must be"],
  ["a name of a port without a letter", { ports: { "80": 80 } }, "ports.80 has a name that must be"],
  ["two ports of one number", { ports: { a: 1, b: 1 } }, "ports.b must have another number, or another protocol"],
  ["a port out of the range", { ports: { a: 0 } }, "ports.a is 0; it must be an integer from 1"],
  [
    "a probe of one of several ports",
    { ports: { a: 1, b: 2 }, livenessProbe: { tcpSocket: {} } },
    "livenessProbe.tcpSocket.port must be one of several ports: 1, 2, a, b",
  ],
  [
    "a connection test of one of several ports",
    { ports: { a: 1, b: 2 }, connectionTest: {} },
    "connectionTest requires a port http, or only one",
  ],
  [
    "a Service's port that is one of several",
    { ports: { a: 1, b: 2 }, service: { port: 80 } },
    "service.port requires a port http, or only one; use service.ports",
  ],
  [
    "a Service's port that the container does not have",
    { service: { ports: { sql: { port: 80 } } } },
    "service.ports.sql is not a port of the container: http",
  ],
  [
    "a node port of one of the ports on a ClusterIP",
    { ports: { a: 1, b: 2 }, service: { ports: { a: { nodePort: 30001 } } } },
    "service.ports.a.nodePort is 30001; it is only allowed with service.type",
  ],
  [
    "ports of pods that the container does not have",
    { podServices: { ports: { sql: {} } } },
    "podServices.ports.sql is not a port of the container: http",
  ],
  ["a Service of a pod without ports", { podServices: { ports: {} } }, "podServices.ports must not be empty"],
  [
    "fewer node ports than pods",
    { replicas: 3, podServices: { type: "NodePort", ports: { http: { nodePorts: [30001, 30002] } } } },
    "podServices.ports.http.nodePorts must have a port for each of the 3 replicas",
  ],
  ...Object.entries({
    externalTrafficPolicy: ["Local", '"Local"', "NodePort or LoadBalancer"],
    loadBalancerClass: ["internal", '"internal"', "LoadBalancer"],
    loadBalancerSourceRanges: [["10.0.0.0/8"], "", "LoadBalancer"],
    healthCheckNodePort: [30001, "30001", "LoadBalancer"],
  } as const).flatMap(([setting, [value, shown, types]]) =>
    (["service", "podServices"] as const)
      .filter((group) => group === "service" || setting !== "healthCheckNodePort")
      .map((group): [string, Record<string, unknown>, string] => [
        `${group}.${setting} on a ClusterIP`,
        { [group]: { [setting]: value } },
        `${group}.${setting} ${shown === "" ? "" : `is ${shown}; it `}is only allowed with ${group}.type ${types}`,
      ]),
  ),
  [
    "a class of a load balancer on a node port",
    { service: { type: "NodePort", loadBalancerClass: "internal" } },
    'service.loadBalancerClass is "internal"; it is only allowed with service.type LoadBalancer',
  ],
  [
    "node ports of pods on a ClusterIP",
    { podServices: { ports: { http: { nodePorts: [30001] } } } },
    "podServices.ports.http.nodePorts is only allowed with podServices.type NodePort or LoadBalancer",
  ],
  [
    "a health check of a load balancer for all nodes",
    { service: { type: "LoadBalancer", healthCheckNodePort: 30001 } },
    "service.healthCheckNodePort is 30001; it is only allowed with service.externalTrafficPolicy Local",
  ],
  [
    "a timeout without an affinity",
    { service: { sessionAffinityConfig: { clientIP: { timeoutSeconds: 1 } } } },
    "service.sessionAffinityConfig is only allowed with service.sessionAffinity ClientIP",
  ],
  ...["203.0.113.0", "203.0.113.0/33", "2001:db8::/129", "fe80::1%eth0/64", "10.0.0/8", "a/8", "", "10.0.0.0/-1"].map(
    (range): [string, Record<string, unknown>, string] => [
      `${JSON.stringify(range)} as a range of addresses`,
      { service: { type: "LoadBalancer", loadBalancerSourceRanges: [range] } },
      `service.loadBalancerSourceRanges.0 is ${JSON.stringify(range)}; it must be a range of IP addresses`,
    ],
  ),
  ...(["service", "headlessService", "podServices"] as const).flatMap(
    (group): [string, Record<string, unknown>, string][] => [
      [`no family in ${group}`, { [group]: { ipFamilies: [] } }, `${group}.ipFamilies must have IPv4 or IPv6, or each`],
      [
        `one family twice in ${group}`,
        { [group]: { ipFamilies: ["IPv4", "IPv4"], ipFamilyPolicy: "PreferDualStack" } },
        `${group}.ipFamilies must have IPv4 or IPv6, or each of them once`,
      ],
      [
        `two families for one in ${group}`,
        { [group]: { ipFamilies: ["IPv4", "IPv6"] } },
        `${group}.ipFamilyPolicy must be PreferDualStack or RequireDualStack if there are two ${group}.ipFamilies`,
      ],
    ],
  ),
  [
    "a partition beyond the pods, however high their ordinals are",
    { replicas: 2, ordinals: { start: 5 }, updateStrategy: { rollingUpdate: { partition: 3 } } },
    "updateStrategy.rollingUpdate.partition is 3; it must not exceed the number of replicas, 2",
  ],
  [
    "a claim whose name is too long with its ordinal",
    { ...claims({}), replicas: 1, ordinals: { start: 1000000 }, claims: { ["d".repeat(52)]: claim } },
    `claims.${"d".repeat(52)} is too long: the name of the claim ${"d".repeat(52)}-web-1000000 would have 64`,
  ],
  ["a relative working directory", { workingDir: "data" }, 'workingDir is "data"; it must be an absolute path'],
  [
    "a header with a space in its name",
    { livenessProbe: { httpGet: { path: "/", httpHeaders: [{ name: "a b", value: "" }] } } },
    'livenessProbe.httpGet.httpHeaders.0.name is "a b"; it must be the name of an HTTP header',
  ],
  [
    "a limit that no container can read",
    { env: { A: { valueFrom: { resourceFieldRef: { resource: "memory" } } } } },
    "env.A.valueFrom.resourceFieldRef.resource is",
  ],
  [
    "the ServiceAccount default as its own",
    { serviceAccount: { name: "default" } },
    "serviceAccount.create must be false for the ServiceAccount default",
  ],
  ["a variable that refers to itself", { env: { A: "$(A)" } }, "env.A refers to itself"],
  [
    "a variable of a job that refers to itself",
    { jobs: { before: { j: { env: { A: "$$$(A)" } } } } },
    "jobs.before.j.env.A refers to itself",
  ],
  ["a CronJob without a schedule", { cronJobs: { j: {} } }, "cronJobs.j.schedule is missing; it must be five fields"],
  [
    "a CronJob on a day that no week has",
    { cronJobs: { j: { schedule: "0 3 * * 7" } } },
    'cronJobs.j.schedule is "0 3 * * 7"; it must be five fields',
  ],
  [
    "a trigger of a CronJob",
    { cronJobs: { j: { schedule: "@daily", trigger: "ScaleUp" } } },
    "cronJobs.j.trigger is not a known setting",
  ],
  [
    "a CronJob with a long name",
    { cronJobs: { ["j".repeat(49)]: { schedule: "@daily" } } },
    `cronJobs.${"j".repeat(49)} is too long: with the name of the app, web-${"j".repeat(49)} has 53 characters; at most 52`,
  ],
  [
    "a CronJob with the name of a job",
    { jobs: { before: { j: {} } }, cronJobs: { j: { schedule: "@daily" } } },
    "cronJobs.j must have another name than jobs.before.j",
  ],
  [
    "a volume that a CronJob does not mount",
    { cronJobs: { j: { schedule: "@daily", volumes: { v: { emptyDir: {} } } } } },
    "cronJobs.j.volumes.v must have one of mountPath and mounts",
  ],
  [
    "a trigger of a job that does not exist",
    { jobs: { before: { j: { trigger: "Scale" } } } },
    'jobs.before.j.trigger is "Scale"; it must be one of Change, ScaleDown, ScaleUp',
  ],
  [
    "a variable that a job for a change of the replicas gets",
    { jobs: { before: { j: { trigger: "ScaleUp", env: { REPLICAS: "3" } } } } },
    "jobs.before.j.env.REPLICAS is not allowed: a job with the trigger ScaleUp gets this variable",
  ],
  [
    "the number before as a variable of a job that gets it",
    { jobs: { after: { j: { trigger: "ScaleDown", env: { PREVIOUS_REPLICAS: "3" } } } } },
    "jobs.after.j.env.PREVIOUS_REPLICAS is not allowed: a job with the trigger ScaleDown gets this variable",
  ],
  [
    "a job for a change of replicas that an autoscaler makes",
    { autoscaled: true, jobs: { before: { j: { trigger: "ScaleUp" } } } },
    "jobs.before.j.trigger is not allowed with autoscaled: no job runs when an autoscaler changes the number of pods",
  ],
  [
    "a volume that a job does not mount",
    { jobs: { after: { j: { volumes: { v: { emptyDir: {} } } } } } },
    "jobs.after.j.volumes.v must have one of mountPath and mounts: nothing else",
  ],
  [
    "a volume of a job without a source",
    { jobs: { after: { j: { volumes: { v: { mountPath: "/v" } } } } } },
    "jobs.after.j.volumes.v must have exactly one source",
  ],
  [
    "two volumes of a job at one path",
    {
      jobs: {
        after: { j: { volumes: { v: { mountPath: "/v", emptyDir: {} }, w: { mountPath: "/v", emptyDir: {} } } } },
      },
    },
    'jobs.after.j.volumes.w.mountPath is "/v"; it must differ from the path of volumes.v',
  ],
  [
    "an empty percentage",
    { updateStrategy: { rollingUpdate: { maxUnavailable: "0%" } } },
    "updateStrategy.rollingUpdate",
  ],
  [
    "permissions of ten bits",
    volume({ emptyDir: undefined, configMap: { name: "c", defaultMode: 512 } }),
    "volumes.v.",
  ],
  ["a fraction as text", { env: { A: 1.1 } }, "env.A is 1.1; it must be in quotes, because"],
  ["a long number as text", { podAnnotations: { a: 123456789012345678 } }, "podAnnotations.a is 12345678901234568"],
  [
    "a long number as a label",
    { podLabels: { a: 123456789012345678 } },
    "podLabels.a is 123456789012345680; it must be in",
  ],
  [
    "a date in a field of Kubernetes",
    { tolerations: [{ value: "2024-10-01 00:00:00 +0000 UTC" }] },
    'tolerations.0.value is "2024-10-01 00:00:00 +0000 UTC"; it must be in quotes',
  ],
  [
    "a date as a number",
    { replicas: "2024-10-01 00:00:00 +0000 UTC" },
    'replicas is "2024-10-01 00:00:00 +0000 UTC"; it must',
  ],
  ["a date as text", { env: { A: "2024-10-01 00:00:00 +0000 UTC" } }, 'env.A is "2024-10-01 00:00:00 +0000 UTC"'],
];

function volume(settings: Record<string, unknown>) {
  return { volumes: { v: { mountPath: "/v", emptyDir: {}, ...settings } } };
}
function claims(settings: Record<string, unknown>) {
  return { claims: { data: { ...claim, ...settings } } };
}
function probe(port: unknown) {
  return { readinessProbe: { httpGet: { path: "/", port } } };
}

const others = { configMaps: { c: { k: "" } }, secrets: { s: { k: { generate: 8 } } } };

function mistakes(...args: Parameters<typeof parse>): string[] {
  try {
    parse(...args);
  } catch (error) {
    assert.ok(pulumi.RunError.isInstance(error), String(error));
    return error.message.split("\n").slice(1);
  }
  assert.fail("these settings were accepted");
}

describe("what Kubernetes accepts", () => {
  for (const [title, app] of Object.entries(accepted)) {
    it(`is accepted: ${title}`, () => {
      parse(app, others);
    });
  }
});

describe("what Kubernetes never accepts, and what YAML has changed", () => {
  for (const [title, app, start] of refused) {
    it(`is a mistake: ${title}`, () => {
      const lines = mistakes(app, others);
      assert.equal(lines.length, 1, lines.join("\n"));
      assert.ok(lines[0]?.trim().startsWith(`stateful-apps:apps.web.${start}`), lines[0]);
    });
  }

  it("is a mistake: variables that refer to each other in a circle", () => {
    const env = { A: "$(B)", B: "x$(C)", C: "$(A)", D: "$(A)" };
    assert.deepEqual(
      mistakes({ env }).map((line) => line.trim()),
      ["A", "B", "C"].map(
        (name) => `stateful-apps:apps.web.env.${name} refers to itself, directly or by other variables`,
      ),
    );
  });

  it("is a mistake: a key of a ConfigMap that is a folder's", () => {
    for (const key of [".", "..", "..data"]) assert.equal(mistakes({}, { configMaps: { c: { [key]: "" } } }).length, 1);
    parse({}, { configMaps: { c: { ".env": "", "a..b": "" } } });
  });

  it("is a mistake: an app with the name of the ServiceAccount that every namespace has", () => {
    assert.match(mistakes({}, {}, "default").join(), /apps\.default\.serviceAccount\.create must be false/);
    parse({ serviceAccount: { create: false } }, {}, "default");
  });
});
