import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { violations } from "../../objects/podSecurity";
import { podTemplateCases } from "../podTemplates";
import { cluster, useCluster } from "./sharedCluster";
import { Project } from "./support";

const readinessProbe = { httpGet: { path: "/healthcheck" }, periodSeconds: 1 };
const fromSecret = (key: string) => ({ valueFrom: { secretKeyRef: { name: "credentials", key } } });

const config = {
  replicas: 1,
  configMaps: {
    "app-config": { "config.json": '{"var1":"value1"}', mode: "fast" },
    plain: { FIRST: "1", SECOND: "2" },
    site: { files: ["site"] },
  },
  secrets: { certificate: { files: ["tls.key=keys/server.key"] } },
  apps: {
    "app-python": {
      image: "localhost/app-python:1.0.0",
      containerPort: 8000,
      readinessProbe,
      env: {
        SLEEP_TIME: 5,
        RELEASE_NAME: { valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
        MODE: { valueFrom: { configMapKeyRef: { name: "app-config", key: "mode" } } },
        WHOAMI_SECRET: fromSecret("whoami"),
      },
      envFrom: [{ configMapRef: { name: "plain" }, prefix: "PLAIN_" }],
      volumes: {
        config: {
          mountPath: "/app/config_map",
          configMap: { name: "app-config", items: [{ key: "config.json", path: "config.json" }] },
        },
        secrets: { mountPath: "/app/secrets", readOnly: true, secret: { secretName: "credentials" } },
        site: { mountPath: "/app/site", configMap: { name: "site" } },
        keys: { mountPath: "/app/keys", projected: { sources: [{ secret: { name: "certificate" } }] } },
        scratch: { mountPath: "/tmp", emptyDir: { sizeLimit: "16Mi" } },
      },
      claims: { data: { size: "16Mi", mountPath: "/app/data" } },
      serviceAccount: { name: "internal-app", create: false },
      automountServiceAccountToken: true,
      nodeSelector: { "kubernetes.io/os": "linux" },
      tolerations: [{ key: "dedicated", operator: "Exists" }],
      podAnnotations: { "example.org/team": "visits" },
      terminationGracePeriodSeconds: 7,
    },
    "app-go": {
      image: "localhost/app-go:1.0.0",
      readinessProbe,
      env: { DB_PASSWORD: fromSecret("password") },
      service: { type: "LoadBalancer", port: 80, annotations: { "example.org/balancer": "small" } },
      claims: { data: { size: "16Mi", mountPath: "/app/data" } },
    },
  },
};

/** Text with characters that somebody could change on the way, and text with such that only bytes can hold. */
const plain = Buffer.from("\ufeff \t\r\n\u2028 a: |\0\u001b\n\n");
const awkward = Buffer.from("\ufeff \t\r\n\u0085\u2028 a: |\0\u001b\uffff\n\n");
const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
const keyOfServer = (byte: number) => Buffer.from([...Buffer.from("imaelk-Qw7Zz"), byte]);

/** What the provider's answers hold in place of a value that is not known yet. */
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

function* filesUnder(folder: string): Iterable<string> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* filesUnder(path);
    else yield path;
  }
}

describe("the contract between a stack file and a cluster", function () {
  this.timeout("20m");
  const project = new Project(cluster, "contract", config);
  const [first, second] = ["imacat-Yq3", "imadog-Zk8"];
  const outputs: string[] = [];

  const pulumi = async (...args: string[]) => {
    const output = await project.pulumi(...args);
    outputs.push(output);
    return output;
  };
  const setSecret = (value: string) =>
    pulumi("config", "set", "--secret", "--path", "secrets.credentials.whoami", value);
  const uid = (pod: string) => project.kubectl("get", "pod", pod, "-o", "jsonpath={.metadata.uid}");
  const uids = async () => ({ python: await uid("app-python-0"), go: await uid("app-go-0") });
  const inPod = (script: string) => project.kubectl("exec", "app-python-0", "--", "sh", "-c", script);
  const generated = () => project.kubectl("get", "secret", "credentials", "-o", "jsonpath={.data.password}");

  /** Writes files of the project; without content, removes them. */
  const put = (files: Record<string, Buffer | undefined>) => {
    for (const [path, content] of Object.entries(files)) {
      const file = join(project.folder, path);
      mkdirSync(join(file, ".."), { recursive: true });
      if (content === undefined) rmSync(file);
      else writeFileSync(file, content);
    }
  };
  /** The files of a folder of the pod, as base64. */
  const filesInPod = async (folder: string) => {
    const lines = (
      await inPod(`cd ${folder} && for f in $(ls -A | grep -v ^[.][.]); do echo "$f $(base64 -w0 "$f")"; done`)
    )
      .trim()
      .split("\n");
    return Object.fromEntries(lines.map((line) => line.split(" "))) as Record<string, string>;
  };
  const base64 = (files: Record<string, Buffer>) =>
    Object.fromEntries(Object.entries(files).map(([name, content]) => [name, content.toString("base64")]));

  useCluster([project]);
  before(async () => {
    put({
      "site/.awkward": awkward,
      "site/text": plain,
      "site/bytes": everyByte,
      "site/old": everyByte,
      "keys/server.key": keyOfServer(0xff),
    });
    await cluster.kubectl("create", "namespace", "contract");
    await cluster.kubectl("label", "namespace", "contract", "pod-security.kubernetes.io/enforce=restricted");
    await project.kubectl("create", "serviceaccount", "internal-app");
    await setSecret(first);
    await pulumi("config", "set", "--path", "secrets.credentials.password.generate", "24");
  });

  it("stops a preview at every mistake at once, before anything is made, and without a stack trace", async () => {
    await pulumi("config", "set", "replicas", "4abc");
    await pulumi("config", "set", "--path", "apps.app-go.contianerPort", "1");
    await assert.rejects(project.pulumi("preview"), (error: Error) => {
      assert.match(error.message, /The stack's config has 2 mistakes; nothing was changed\./);
      assert.match(error.message, /stateful-apps:replicas is "4abc"; it must be an integer from 0 to 1000/);
      assert.match(
        error.message,
        /stateful-apps:apps\.app-go\.contianerPort is not a known setting; did you mean containerPort\?/,
      );
      assert.doesNotMatch(error.message, /^\s+at /m);
      return true;
    });
    await pulumi("config", "set", "replicas", "1");
    await pulumi("config", "rm", "--path", "apps.app-go.contianerPort");
  });

  it("names what YAML alters in the stack file", async () => {
    const content = readFileSync(project.stackFile, "utf8");
    writeFileSync(project.stackFile, content.replace(/^config:$/m, "$&\n  stateful-apps:clusterId: 022"));
    await assert.rejects(
      project.pulumi("preview"),
      /mistake.*\s+stateful-apps:clusterId is 022, which YAML reads as 18; it must be in quotes/,
    );
    writeFileSync(project.stackFile, content);
  });

  it("refuses a secure value among the apps", async () => {
    await pulumi("config", "set", "--secret", "--path", "apps.app-go.env.TOKEN", first);
    await assert.rejects(
      project.pulumi("preview"),
      /stateful-apps:apps contains a secure value, which hides the whole setting/,
    );
    await pulumi("config", "rm", "--path", "apps.app-go.env.TOKEN");
  });

  it("knows everything about the StatefulSets at the first preview", async () => {
    const { steps } = JSON.parse(await pulumi("preview", "--json")) as {
      steps: { urn: string; newState: { inputs: unknown } }[];
    };
    const statefulSets = steps
      .filter(({ urn }) => urn.includes("StatefulSet::"))
      .map(({ newState }) => newState.inputs);
    assert.equal(statefulSets.length, 2);
    assert.ok(!JSON.stringify(statefulSets).includes(unknown));
  });

  it("does not wait for a pending load balancer", async () => {
    await pulumi("up", "--yes");
    const service = await project.kubectl(
      "get",
      "service",
      "app-go-http",
      "-o",
      "jsonpath={.spec.type} {.status.loadBalancer}",
    );
    assert.equal(service, "LoadBalancer {}");
  });

  it("gives pods text, fields, ConfigMap keys and Secret keys as environment variables", async () => {
    const output = await inPod('echo "$SLEEP_TIME $RELEASE_NAME $MODE $WHOAMI_SECRET $PLAIN_FIRST $PLAIN_SECOND"');
    assert.equal(output.trim(), `5 app-python-0 fast ${first} 1 2`);
  });

  it("gives pods ConfigMap keys and Secret keys as files", async () => {
    assert.equal(await inPod("ls /app/config_map; cat /app/config_map/config.json"), 'config.json\n{"var1":"value1"}');
    assert.equal(await inPod("cat /app/secrets/whoami"), first);
  });

  it("gives pods the files of the clone, byte by byte", async () => {
    const site = { ".awkward": awkward, text: plain, bytes: everyByte, old: everyByte };
    assert.deepEqual(await filesInPod("/app/site"), base64(site));
    assert.deepEqual(await filesInPod("/app/keys"), base64({ "tls.key": keyOfServer(0xff) }));
  });

  it("passes Kubernetes' own fields through", async () => {
    const pod = JSON.parse(await project.kubectl("get", "pod", "app-python-0", "-o", "json")) as {
      metadata: { annotations: Record<string, string> };
      spec: Record<string, unknown> & { tolerations: { key: string }[] };
    };
    assert.equal(pod.metadata.annotations["example.org/team"], "visits");
    assert.deepEqual(pod.spec.nodeSelector, { "kubernetes.io/os": "linux" });
    assert.equal(pod.spec.terminationGracePeriodSeconds, 7);
    assert.ok(pod.spec.tolerations.some(({ key }) => key === "dedicated"));
    assert.equal(pod.spec.serviceAccountName, "internal-app");
    assert.match(await inPod("ls /var/run/secrets/kubernetes.io/serviceaccount"), /token/);
    const service = await project.kubectl("get", "service", "app-go-http", "-o", "jsonpath={.metadata.annotations}");
    assert.match(service, /"example.org\/balancer":"small"/);
  });

  it("tells how to reach each app", async () => {
    const app = JSON.parse(await pulumi("stack", "output", "apps", "--json")) as Record<string, unknown>;
    assert.deepEqual(app["app-go"], {
      namespace: "contract",
      statefulSet: "app-go",
      headlessService: "app-go",
      service: "app-go-http",
      podServices: [],
      port: 80,
      url: "http://app-go-http.contract.svc.cluster.local:80",
      addresses: { http: "app-go-http.contract.svc.cluster.local:80" },
      podNames: ["app-go-0"],
      podDnsNames: ["app-go-0.app-go.contract.svc.cluster.local"],
      claimNames: ["data-app-go-0"],
    });
    const steps = await pulumi("stack", "output", "nextSteps");
    const kubectl = `kubectl --context ${await cluster.context()} --namespace contract`;
    assert.ok(steps.includes(`${kubectl} port-forward service/app-go-http 8080:80`), steps);
    assert.match(steps, /while EXTERNAL-IP is pending, forward a port/);
  });

  it("changes nothing the second time", async () => {
    await pulumi("up", "--yes", "--expect-no-changes");
  });

  it("a changed Secret key restarts the pods that read it, and only those", async () => {
    const before = await uids();
    await setSecret(second);
    await pulumi("up", "--yes");
    const after = await uids();
    assert.notEqual(after.python, before.python);
    assert.equal(after.go, before.go);
    assert.equal((await inPod("echo $WHOAMI_SECRET")).trim(), second);
    await pulumi("up", "--yes", "--expect-no-changes");
  });

  it("a changed ConfigMap key restarts the pods that read it, and only those", async () => {
    const before = await uids();
    await pulumi("config", "set", "--path", "configMaps.app-config.mode", "slow");
    await pulumi("up", "--yes");
    const after = await uids();
    assert.notEqual(after.python, before.python);
    assert.equal(after.go, before.go);
    assert.equal((await inPod("echo $MODE")).trim(), "slow");
  });

  it("a changed file of a ConfigMap restarts the pods that read it, and only those", async () => {
    const before = await uids();
    put({ "site/text": everyByte, "site/bytes": plain, "site/old": undefined });
    await pulumi("up", "--yes");
    const after = await uids();
    assert.notEqual(after.python, before.python);
    assert.equal(after.go, before.go);
    assert.deepEqual(await filesInPod("/app/site"), base64({ ".awkward": awkward, text: everyByte, bytes: plain }));
    await pulumi("up", "--yes", "--expect-no-changes");
  });

  it("a changed file of a Secret restarts the pods that read it, and only those", async () => {
    const before = await uids();
    put({ "keys/server.key": keyOfServer(0xfe) });
    await pulumi("up", "--yes");
    const after = await uids();
    assert.notEqual(after.python, before.python);
    assert.equal(after.go, before.go);
    assert.deepEqual(await filesInPod("/app/keys"), base64({ "tls.key": keyOfServer(0xfe) }));
    await pulumi("up", "--yes", "--expect-no-changes");
  });

  it("refuses a change of a file that Kubernetes would refuse, before anything is changed", async () => {
    put({ "site/large": Buffer.alloc(1024 * 1024) });
    await assert.rejects(
      project.pulumi("preview"),
      /stateful-apps:configMaps\.site has \d+ bytes of data; Kubernetes allows/,
    );
    put({ "site/large": undefined });
  });

  it("a generated value is the same after destroy and up", async () => {
    const before = await generated();
    assert.match(Buffer.from(before, "base64").toString(), /^[a-zA-Z0-9]{24}$/);
    await pulumi("destroy", "--yes");
    await pulumi("up", "--yes");
    assert.equal(await generated(), before);
    await pulumi("up", "--yes", "--expect-no-changes");
  });

  it("keeps secrets out of all output, the stack file and the state", async () => {
    const password = Buffer.from(await generated(), "base64").toString();
    outputs.push(await project.pulumi("preview", "--diff"), await project.pulumi("stack", "export"));
    const files = [...filesUnder(join(project.folder, ".state")), join(project.folder, "Pulumi.test.yaml")];
    const texts = [...outputs, ...files.map((file) => readFileSync(file, "utf8"))];
    const ofFile = keyOfServer(0).subarray(0, -1).toString();
    for (const secret of [first, second, password, ofFile]) {
      for (const form of [secret, Buffer.from(secret).toString("base64")]) {
        assert.ok(!texts.some((text) => text.includes(form)), `found ${form}`);
      }
    }
    const pods = await project.kubectl("get", "pods,statefulsets", "-o", "yaml");
    assert.ok(![first, second, password, ofFile].some((secret) => pods.includes(secret)));
  });

  it("takes zero replicas, set as a number inside the apps", async () => {
    await pulumi("config", "set", "--path", "apps.app-go.replicas", "0");
    await pulumi("up", "--yes");
    assert.equal(await project.kubectl("get", "statefulset", "app-go", "-o", "jsonpath={.status.replicas}"), "0");
    await pulumi("config", "rm", "--path", "apps.app-go.replicas");
  });

  it("warns, naming the claims, when a changed name would start with empty volumes", async () => {
    await pulumi("config", "set", "namespace", "elsewhere");
    const output = await pulumi("preview");
    assert.match(output, /No app uses these claims any longer: contract\/data-app-python-0/);
    await pulumi("config", "set", "namespace", "contract");
    assert.doesNotMatch(await pulumi("preview"), /No app uses these claims/);
  });

  it("refuses a Secret that somebody else made", async () => {
    await project.kubectl("create", "secret", "generic", "theirs", "--from-literal=password=x");
    await pulumi("config", "set", "--path", "secrets.theirs.password.generate", "24");
    await assert.rejects(project.pulumi("preview"), /secrets\.theirs requires a Secret theirs, but one exists already/);
    await pulumi("config", "rm", "--path", "secrets.theirs");
  });

  it("refuses another cluster than the one it was deployed to", async () => {
    await pulumi("config", "set", "clusterId", "another");
    await assert.rejects(
      project.pulumi("up", "--yes"),
      /leads to the cluster \S+, but the stack belongs to another; nothing was changed/,
    );
    await pulumi("config", "rm", "clusterId");
  });

  it("replaces an app that updates OnDelete without meeting its own remains", async () => {
    await pulumi("config", "set", "--path", "apps.app-go.updateStrategy.type", "OnDelete");
    await pulumi("up", "--yes");
    await pulumi("config", "set", "--path", "apps.app-go.podManagementPolicy", "Parallel");
    await pulumi("up", "--yes");
    await project.kubectl("wait", "--for=create", "pod/app-go-0", "--timeout=10m");
    await project.kubectl("wait", "--for=condition=Ready", "pod/app-go-0", "--timeout=10m");
    await pulumi("config", "rm", "--path", "apps.app-go.updateStrategy");
    await pulumi("up", "--yes");
  });

  it("holds containers beside the app's to the same standard", async () => {
    await pulumi("config", "set", "--path", "apps.app-go.containers[0].name", "helper");
    await pulumi("config", "set", "--path", "apps.app-go.containers[0].image", "localhost/app-go:1.0.0");
    await pulumi("config", "set", "--path", "apps.app-go.containers[0].env[0].name", "PORT");
    await pulumi("config", "set", "--path", "apps.app-go.containers[0].env[0].value", "8081", "--type", "string");
    await pulumi("up", "--yes");
    const ready = await project.kubectl(
      "get",
      "pod",
      "app-go-0",
      "-o",
      "jsonpath={.status.containerStatuses[*].ready}",
    );
    assert.equal(ready, "true true");
    await pulumi("config", "rm", "--path", "apps.app-go.containers");
  });

  it("refuses a context that the kubeconfig does not have", async () => {
    await pulumi("config", "set", "kubernetes:context", "nowhere");
    await assert.rejects(
      project.pulumi("preview"),
      new RegExp(`kubernetes:context is "nowhere"; the kubeconfig has ${await cluster.context()}`),
    );
    await pulumi("config", "rm", "kubernetes:context");
  });

  it("says in a line what a preview without the cluster cannot check, and stops an update", async () => {
    const kubeconfig = readFileSync(cluster.env.KUBECONFIG ?? "", "utf8");
    const dead = join(project.folder, "dead-kubeconfig");
    writeFileSync(dead, kubeconfig.replace(/server: .*/, "server: https://127.0.0.1:1"));
    await pulumi("config", "set", "kubernetes:kubeconfig", dead);
    const output = await pulumi("preview");
    assert.match(output, /does not answer \(.*\)\. Not checked: that it is the stack's cluster/);
    await assert.rejects(
      project.pulumi("up", "--yes", "--skip-preview"),
      /does not answer \(.*\); nothing was changed/,
    );
    await pulumi("config", "rm", "kubernetes:kubeconfig");
    await pulumi("up", "--yes");
  });
});

describe("what the API server would refuse", function () {
  this.timeout("20m");
  const app = {
    image: "localhost/app-go:1.0.0",
    readinessProbe,
    volumes: { data: { mountPath: "/app/data", emptyDir: {} } },
  };
  const first = new Project(cluster, "contract-first", {
    apps: {
      web: { ...app, service: { type: "NodePort", nodePort: 30999 } },
      hub: {
        ...app,
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [
                { matchExpressions: [{ key: "kubernetes.io/os", operator: "Is", values: ["linux"] }] },
              ],
            },
          },
        },
      },
    },
  });
  useCluster([first]);

  const set = (path: string, value: string) => first.pulumi("config", "set", "--path", path, value);
  const unset = (path: string) => first.pulumi("config", "rm", "--path", path);
  const uid = (pod: string) => first.kubectl("get", "pod", pod, "-o", "jsonpath={.metadata.uid}");
  const label = () =>
    cluster.kubectl(
      "get",
      "namespace",
      first.namespace,
      "-o",
      "jsonpath={.metadata.labels.pod-security\\.kubernetes\\.io/enforce}",
    );

  for (const level of ["privileged", "baseline", "restricted"] as const) {
    it(`is known of every pod at the level ${level}`, async () => {
      const namespace = `contract-${level}`;
      await cluster.kubectl("create", "namespace", namespace);
      await cluster.kubectl("label", "namespace", namespace, `pod-security.kubernetes.io/enforce=${level}`);
      await cluster.kubectl("wait", "--for=create", "serviceaccount/default", "-n", namespace, "--timeout=10m");
      const name = (i: number) => `pod-${String(i)}`;
      const items = podTemplateCases.map(({ template: { metadata, spec } }, i) => ({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { ...metadata, name: name(i), namespace },
        spec,
      }));
      const input = JSON.stringify({ apiVersion: "v1", kind: "List", items });
      const output = await first
        .kubectlWithInput(input, "create", "--dry-run=server", "-f", "-")
        .catch((error: unknown) => (error as Error).message);
      for (const [i, { what, template }] of podTemplateCases.entries()) {
        const [, words] =
          new RegExp(`pods "${name(i)}" is forbidden: violates PodSecurity "${level}:latest": (.*)`).exec(output) ?? [];
        const reasons = new Set(violations(level, template).map(({ reason }) => reason));
        // In the words of the API server, details in parentheses follow each reason.
        const theirs =
          words
            ?.replace(/ \((?:[^()]|\([^()]*\))*\)/g, "")
            .replace("profiles", "profile")
            .split(", ") ?? [];
        assert.deepEqual(theirs.sort(), [...reasons].sort(), `${what}: ${words ?? ""}`);
        assert.ok(words !== undefined || output.includes(`pod/${name(i)} created`), `${what}:\n${output}`);
      }
    });
  }

  it("ends the preview and the update of a first install before anything is made, in the server's own words", async () => {
    await cluster.kubectl("create", "service", "nodeport", "taken", "--tcp=80", "--node-port=30999");
    for (const command of [["preview"], ["up", "--yes", "--skip-preview"]]) {
      await assert.rejects(first.pulumi(...command), ({ message }: Error) => {
        assert.match(message, /The API server would refuse objects of the stack; nothing was changed\./);
        assert.match(
          message,
          /stateful-apps:apps\.web: Service contract-first\/web-http: Service "web-http" is invalid: .*30999: provided port is already allocated/,
        );
        assert.match(
          message,
          /stateful-apps:apps\.hub: StatefulSet contract-first\/hub: StatefulSet\.apps "hub" is invalid: .*operator: Invalid value: "Is": not a valid selector operator/,
        );
        assert.doesNotMatch(message, /^\s+at /m);
        return true;
      });
    }
    assert.equal(await cluster.hasNamespace(first.namespace), false);
    await unset("apps.hub.affinity");
    await unset("apps.web.service");
  });

  it("is not asked of what the other namespace would refuse", async () => {
    const quota = {
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: { name: "none" },
      spec: { hard: { services: "0" } },
    };
    await first.kubectlWithInput(JSON.stringify(quota), "apply", "-n", "default", "-f", "-");
    const counted = "jsonpath={.status.hard.services}=0";
    await cluster.kubectl("wait", "-n", "default", "resourcequota/none", `--for=${counted}`, "--timeout=10m");
    try {
      assert.match(
        await first.pulumi("preview"),
        /Not validated by the API server: stateful-apps:apps\.\w+: Service contract-first\/\S+ and 3 more \(.*exceeded quota/,
      );
    } finally {
      await cluster.kubectl("delete", "-n", "default", "resourcequota", "none");
    }
  });

  it("names the settings that the namespace would refuse, and how to allow them", async () => {
    await set("apps.hub.volumes.null.hostPath.path", "/dev/null");
    await set("apps.hub.volumes.null.mountPath", "/dev/empty");
    await set("apps.hub.initContainers[0].name", "first");
    await set("apps.hub.initContainers[0].image", "localhost/busybox:built");
    await set("apps.hub.initContainers[0].command[0]", "/bin/true");
    await set("apps.hub.initContainers[0].securityContext.runAsUser", "65532");
    await set("apps.hub.initContainers[0].securityContext.privileged", "true");
    await assert.rejects(first.pulumi("preview"), ({ message }: Error) => {
      assert.match(message, /The namespace contract-first enforces the level restricted of the Pod Security Standards/);
      assert.match(message, /stateful-apps:apps\.hub\.volumes\.null\.hostPath is not allowed/);
      assert.match(message, /stateful-apps:apps\.hub\.initContainers\.0\.securityContext\.privileged is true/);
      assert.match(message, /or, to allow them, set stateful-apps:podSecurity: privileged/);
      return true;
    });
  });

  it("runs at the level that the stack sets", async () => {
    await set("podSecurity", "privileged");
    await set("apps.web.securityContext.capabilities.add[0]", "NET_BIND_SERVICE");
    await first.up();
    assert.equal(await label(), "privileged");
    assert.equal(
      await first.kubectl("get", "pod", "hub-0", "-o", "jsonpath={.status.containerStatuses[0].ready}"),
      "true",
    );
  });

  it("changes the level of the stack's namespace, and neither its other labels nor its pods", async () => {
    await unset("apps.hub");
    await cluster.kubectl("label", "namespace", first.namespace, "team=shop");
    const before = await uid("web-0");
    await first.pulumi("config", "rm", "podSecurity");
    await first.up();
    assert.equal(await label(), "restricted");
    assert.equal(
      await cluster.kubectl("get", "namespace", "-l", "team=shop", "-o", "name"),
      "namespace/contract-first\n",
    );
    assert.equal(await uid("web-0"), before);
    // The pod that adds a capability fits the new level.
    await first.kubectl("delete", "pod", "web-0");
    await first.kubectl("wait", "--for=condition=Ready", "pod/web-0", "--timeout=10m");
  });

  it("follows the label of a namespace that the stack did not make", async () => {
    await first.destroy();
    await first.pulumi("config", "set", "namespace", "contract-baseline");
    await set("apps.web.volumes.null.hostPath.path", "/dev/null");
    await set("apps.web.volumes.null.mountPath", "/dev/empty");
    await assert.rejects(
      first.pulumi("preview"),
      /The namespace contract-baseline enforces the level baseline .*kubectl label --overwrite namespace contract-baseline pod-security\.kubernetes\.io\/enforce=privileged/s,
    );
    await first.pulumi("config", "set", "namespace", "contract-privileged");
    await first.pulumi("preview");
  });
});
