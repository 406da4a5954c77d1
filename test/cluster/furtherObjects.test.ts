import assert from "node:assert/strict";
import { cluster, useCluster } from "./sharedCluster";
import { assertUnchanged, Project } from "./support";

const rbac = { apiVersion: "rbac.authorization.k8s.io/v1" };
const roleRef = (name: string) => ({ apiGroup: "rbac.authorization.k8s.io", kind: "Role", name });
const role = (...verbs: string[]) => ({
  ...rbac,
  kind: "Role",
  rules: [{ apiGroups: [""], resources: ["pods"], verbs }],
});

describe("what no setting offers", function () {
  this.timeout("20m");
  const project = new Project(cluster, "further", {
    apps: {
      web: {
        image: "localhost/app-go:1.0.0",
        replicas: 1,
        automountServiceAccountToken: true,
        readinessProbe: { httpGet: { path: "/healthcheck" }, periodSeconds: 1 },
        overrides: {
          pod: { spec: { dnsConfig: { options: [{ name: "ndots", value: "2" }] } } },
          service: { spec: { sessionAffinity: "ClientIP" } },
        },
      },
    },
    objects: {
      peers: role("list"),
      others: role("get"),
      binding: {
        ...rbac,
        kind: "RoleBinding",
        metadata: { name: "web-peers" },
        roleRef: roleRef("peers"),
        subjects: [{ kind: "ServiceAccount", name: "web" }],
      },
      extra: { apiVersion: "v1", kind: "ConfigMap", data: { port: "8080" } },
    },
  });
  useCluster([project]);
  const set = (path: string, value: string) => project.pulumi("config", "set", "--path", path, value);
  const unset = (path: string) => project.pulumi("config", "rm", "--path", path);
  const may = (verb: string) =>
    project.kubectl("auth", "can-i", verb, "pods", "--as", "system:serviceaccount:further:web").catch(() => "no");

  it("is there after the first up, and changes nothing after that", async () => {
    await project.upWithPreview();
    const [dns, affinity] = await Promise.all([
      project.kubectl("get", "pod", "web-0", "-o", "jsonpath={.spec.dnsConfig.options}"),
      project.kubectl("get", "service", "web-http", "-o", "jsonpath={.spec.sessionAffinity}"),
    ]);
    assert.deepEqual([dns, affinity], ['[{"name":"ndots","value":"2"}]', "ClientIP"]);
    assert.match(await may("list"), /^yes/);
    assertUnchanged(await project.pulumi("up", "--yes", "--refresh"));
  });

  it("must have fields that Kubernetes knows, also in a stack that runs", async () => {
    await set("apps.web.overrides.pod.spec.dnsPolcy", "None");
    await set("objects.extra.datum", "1");
    await assert.rejects(
      project.pulumi("preview"),
      /nothing was changed\..*apps\.web: .*"spec\.template\.spec\.dnsPolcy".*objects\.extra: .*"datum"/s,
    );
    await unset("apps.web.overrides.pod.spec.dnsPolcy");
    await unset("objects.extra.datum");
  });

  it("replaces what Kubernetes cannot change", async () => {
    await set("objects.binding.roleRef.name", "others");
    await project.up();
    assert.match(await may("list"), /^no/);
    assert.match(await may("get"), /^yes/);
  });

  it("leaves an object of somebody else alone", async () => {
    await project.kubectl("create", "configmap", "theirs", "--from-literal=a=1");
    await set("objects.theirs.apiVersion", "v1");
    await set("objects.theirs.kind", "ConfigMap");
    await assert.rejects(project.up(), /objects\.theirs requires a ConfigMap theirs, but one exists already/);
    await unset("objects.theirs");
  });

  it("goes with the stack", async () => {
    await project.destroy();
    const left = await project.kubectl("get", "roles,rolebindings,configmaps", "-o", "name");
    assert.deepEqual(left.trim().split("\n").sort(), ["configmap/kube-root-ca.crt", "configmap/theirs"]);
  });
});
