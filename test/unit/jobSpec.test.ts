import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { types } from "@pulumi/kubernetes";
import { appJobs } from "../../objects/appObjects";
import type { JobArgs, StatefulAppArgs } from "../../schema/args";
import { checkedAppArgs } from "../../schema/checkedArgs";

type Spec = types.output.batch.v1.JobSpec;

/** The specs of an app's job and of its connection test. */
async function specs({ job = {}, ...args }: Partial<StatefulAppArgs> & { job?: JobArgs }) {
  const common = { namespace: "shop", partOf: "shop-dev", image: "cart" };
  const jobs = { before: { migrate: job } };
  const { before, after } = appJobs("cart", checkedAppArgs("cart", { ...common, jobs, connectionTest: {}, ...args }));
  const known = ([job]: { spec: unknown }[]) =>
    new Promise<Spec>((fulfil) =>
      pulumi.output(job?.spec as object).apply((spec) => {
        fulfil(spec as unknown as Spec);
      }),
    );
  return [await known(before), await known(after)] as const;
}

describe("the pods of an app's jobs and of its connection test", () => {
  it("run where the pods of the app can run", async () => {
    const nodes = {
      nodeSelector: { pool: "apps" },
      tolerations: [{ key: "apps", operator: "Exists" }],
      priorityClassName: "high",
    };
    const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } };
    const affinity = { nodeAffinity, podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [] } };
    for (const spec of await specs({ ...nodes, affinity })) {
      const { nodeSelector, tolerations, priorityClassName, affinity } = spec.template.spec;
      assert.deepEqual({ nodeSelector, tolerations, priorityClassName }, nodes);
      assert.deepEqual(affinity, { nodeAffinity });
    }
    for (const spec of await specs({ affinity: { podAntiAffinity: affinity.podAntiAffinity } })) {
      assert.equal(spec.template.spec.affinity, undefined);
    }
  });

  it("have the user's labels, but not those by which a Service selects the pods of the app", async () => {
    const [{ template }] = await specs({ podLabels: { team: "shop", "app.kubernetes.io/name": "cart" } });
    assert.equal(template.metadata.labels.team, "shop");
    assert.equal(template.metadata.labels["app.kubernetes.io/name"], "cart-migrate");
  });

  it("have the user's annotations, except those that name a container or inject one which never ends", async () => {
    const podAnnotations = {
      team: "shop",
      "vault.hashicorp.com/agent-inject": "true",
      "container.apparmor.security.beta.kubernetes.io/cart": "runtime/default",
    };
    const secrets = { key: { path: "internal/key" } };
    for (const { template } of await specs({
      podAnnotations,
      automountServiceAccountToken: true,
      vault: { role: "cart", secrets },
    })) {
      assert.deepEqual(template.metadata.annotations, { team: "shop" });
    }
  });

  it("have annotations of their own, and not those of the pods' config", async () => {
    const podAnnotations = { team: "shop", mesh: "yes", "stateful-apps/existing-objects": "{}" };
    const jobs = { before: { migrate: { podAnnotations: { mesh: "no" } } } };
    const [job, test] = await specs({ podAnnotations, jobs });
    assert.deepEqual(job.template.metadata.annotations, { team: "shop", mesh: "no" });
    assert.deepEqual(test.template.metadata.annotations, { team: "shop", mesh: "yes" });
  });

  it("have resources of their own", async () => {
    const resources = { limits: { memory: "16Mi" } };
    const [job, test] = await specs({ resources: { limits: { memory: "1Gi" } }, connectionTest: { resources } });
    const requests = { "ephemeral-storage": "64Mi" };
    assert.deepEqual(job.template.spec.containers[0]?.resources, { requests });
    assert.deepEqual(test.template.spec.containers[0]?.resources, { requests, ...resources });
  });

  it("mount the volumes of the job, in the order of their names", async () => {
    const volumes = {
      scripts: { mountPath: "/scripts", readOnly: true, configMap: { name: "scripts", defaultMode: 0o555 } },
      data: { mountPath: "/data", subPath: "dump", persistentVolumeClaim: { claimName: "data-cart-0" } },
    };
    const [{ template }, test] = await specs({
      volumes: { own: { mountPath: "/own", emptyDir: {} } },
      job: { volumes },
    });
    assert.deepEqual(template.spec.volumes, [
      { name: "data", persistentVolumeClaim: { claimName: "data-cart-0" } },
      { name: "scripts", configMap: { name: "scripts", defaultMode: 0o555 } },
    ]);
    assert.deepEqual(
      template.spec.containers[0]?.volumeMounts.map(({ name, mountPath, subPath, readOnly }) => [
        name,
        mountPath,
        subPath,
        readOnly,
      ]),
      [
        ["data", "/data", "dump", undefined],
        ["scripts", "/scripts", undefined, true],
      ],
    );
    assert.equal(test.template.spec.volumes, undefined);
  });

  it("have the labels of the job, by which a NetworkPolicy selects them, also if the user gives none", async () => {
    const names = (await specs({})).map(({ template }) => template.metadata.labels["app.kubernetes.io/name"]);
    assert.deepEqual(names, ["cart-migrate", "cart-connection-test"]);
  });

  it("have the settings of the job in place of those of the app, and its labels and annotations beside those", async () => {
    const ofApp = {
      podLabels: { team: "shop", tier: "web" },
      podAnnotations: { team: "shop" },
      nodeSelector: { pool: "apps" },
      tolerations: [{ key: "apps" }],
      affinity: { nodeAffinity: {} },
    };
    const job = {
      podLabels: { team: "data", "app.kubernetes.io/name": "cart" },
      podAnnotations: { "vault.hashicorp.com/agent-pre-populate-only": "true" },
      nodeSelector: {},
      tolerations: [],
      affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [] } },
      serviceAccountName: "operator",
      automountServiceAccountToken: true,
      podSecurityContext: { fsGroup: 999 },
    };
    const [{ template }, test] = await specs({ ...ofApp, job });
    const { podLabels, podAnnotations, podSecurityContext, ...others } = job;
    const labels = { team: "data", tier: "web", "app.kubernetes.io/name": "cart-migrate" };
    assert.deepEqual(template.metadata, {
      labels: { ...template.metadata.labels, ...labels },
      annotations: { team: "shop", ...podAnnotations },
    });
    assert.deepEqual(template.spec, { ...template.spec, ...others });
    assert.deepEqual(template.spec.securityContext, {
      ...test.template.spec.securityContext,
      fsGroup: 999,
    });
    assert.equal(test.template.spec.serviceAccountName, "cart");
    assert.equal(test.template.spec.automountServiceAccountToken, false);
  });

  it("stay as they are with the next version of the program, so that no job runs again", async () => {
    const job = {
      image: "busybox",
      env: { A: { value: "1" } },
      resources: { limits: { cpu: "1" } },
      securityContext: { runAsUser: 5 },
    };
    const app = { podLabels: { team: "a" }, podAnnotations: { a: "b" }, nodeSelector: { a: "b" } };
    const digests = (await specs({ ...app, job })).map((spec) =>
      createHash("sha256").update(JSON.stringify(spec)).digest("hex").slice(0, 10),
    );
    assert.deepEqual(digests, ["621f713701", "8a17c7867e"]);
  });
});
