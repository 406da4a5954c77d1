import * as pulumi from "@pulumi/pulumi";
import fc from "fast-check";
import assert from "node:assert/strict";
import { podTemplate } from "../../objects/podTemplate";
import { jobSpec } from "../../objects/jobSpec";
import {
  containerSecurityContext,
  podSecurityContext,
  unprivilegedSecurityContext,
  withDefaults,
} from "../../objects/security";
import { storeObjects } from "../../objects/storeObjects";
import type { CheckedAppArgs, CheckedStoreArgs } from "../../schema/checkedArgs";

const context = (own?: object) => withDefaults(containerSecurityContext, own);

describe("a security context", () => {
  const readOnlyRootFilesystem = true;
  const allowPrivilegeEscalation = false;
  const capabilities = { drop: ["ALL"] };

  for (const [what, own, expected] of [
    ["has the defaults if it is not set", undefined, containerSecurityContext],
    ["has the defaults for what it does not set", {}, containerSecurityContext],
    [
      "replaces a field",
      { readOnlyRootFilesystem: false, runAsUser: 0 },
      { allowPrivilegeEscalation, capabilities, readOnlyRootFilesystem: false, runAsUser: 0 },
    ],
    [
      "goes on to drop capabilities if it adds one",
      { capabilities: { add: ["NET_BIND_SERVICE"] } },
      { allowPrivilegeEscalation, capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] }, readOnlyRootFilesystem },
    ],
    [
      "replaces the list of the capabilities that it drops",
      { capabilities: { drop: ["NET_RAW"] } },
      { allowPrivilegeEscalation, capabilities: { drop: ["NET_RAW"] }, readOnlyRootFilesystem },
    ],
    [
      "leaves out a field that is null, also within capabilities",
      { capabilities: { drop: null }, readOnlyRootFilesystem: null },
      { allowPrivilegeEscalation, capabilities: {} },
    ],
    [
      "leaves out capabilities that are null",
      { capabilities: null },
      { allowPrivilegeEscalation, readOnlyRootFilesystem },
    ],
    [
      "leaves out what Kubernetes refuses beside privileged",
      { privileged: true },
      { capabilities, readOnlyRootFilesystem, privileged: true },
    ],
    [
      "leaves out what Kubernetes refuses beside CAP_SYS_ADMIN",
      { capabilities: { add: ["CAP_SYS_ADMIN"] } },
      { capabilities: { drop: ["ALL"], add: ["CAP_SYS_ADMIN"] }, readOnlyRootFilesystem },
    ],
    [
      "keeps what the user sets beside privileged",
      { privileged: true, allowPrivilegeEscalation: false },
      { allowPrivilegeEscalation, capabilities, readOnlyRootFilesystem, privileged: true },
    ],
  ] as const) {
    it(what, () => {
      assert.deepEqual(context(own), expected);
    });
  }

  it("has the rest of a map in which the user sets a field", () => {
    const defaults = {
      seccompProfile: { type: "RuntimeDefault" },
      seLinuxOptions: { type: "container_t", level: "s0" },
      windowsOptions: { hostProcess: false, runAsUserName: "nobody" },
    };
    for (const [own, changed] of [
      [
        { seccompProfile: { type: "Localhost", localhostProfile: "a.json" } },
        { seccompProfile: { type: "Localhost", localhostProfile: "a.json" } },
      ],
      [{ seLinuxOptions: { level: "s0:c1" } }, { seLinuxOptions: { type: "container_t", level: "s0:c1" } }],
      [{ seLinuxOptions: { type: null } }, { seLinuxOptions: { level: "s0" } }],
      [{ windowsOptions: { hostProcess: null } }, { windowsOptions: { runAsUserName: "nobody" } }],
      [{ windowsOptions: null }, { windowsOptions: undefined }],
    ] as [object, object][]) {
      assert.equal(JSON.stringify(withDefaults(defaults, own)), JSON.stringify({ ...defaults, ...changed }));
    }
  });

  it("of a pod can have a profile of seccomp of the node", () => {
    const seccompProfile = { type: "Localhost", localhostProfile: "a.json" };
    assert.deepEqual(podSecurityContext({ seccompProfile, fsGroup: null } as object), {
      runAsNonRoot: true,
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile,
    });
  });

  for (const [what, own, groups] of [
    ["is that of the image's user by default", undefined, { fsGroup: 65532 }],
    ["is that of the image's user if only that of its volumes is set", { fsGroup: 999 }, { fsGroup: 999 }],
    ["is that of its volumes if a user is set", { runAsUser: 1 }, { fsGroup: 65532, runAsGroup: 65532 }],
    ["is that of its volumes if both are set", { runAsUser: 1, fsGroup: 999 }, { fsGroup: 999, runAsGroup: 999 }],
    ["is another one if it is set", { runAsUser: 1, fsGroup: 999, runAsGroup: 7 }, { fsGroup: 999, runAsGroup: 7 }],
    ["is that of the image if it is null", { runAsUser: 1, runAsGroup: null }, { fsGroup: 65532 }],
    ["is that of the image if that of its volumes is null", { runAsUser: 1, fsGroup: null }, {}],
    ["is that of the image's user if the user is null", { runAsUser: null }, { fsGroup: 65532 }],
    ["can be set although that of its volumes is null", { fsGroup: null, runAsGroup: 7 }, { runAsGroup: 7 }],
  ] as const) {
    it(`of a pod has a group that ${what}, known now or later`, async () => {
      const groupsIn = ({ fsGroup, runAsGroup }: { fsGroup?: unknown; runAsGroup?: unknown }) =>
        JSON.stringify({ fsGroup, runAsGroup });
      const later = own && Object.fromEntries(Object.entries(own).map(([key, id]) => [key, pulumi.output(id)]));
      for (const given of [own, pulumi.output(own), later] as object[]) {
        const context = await new Promise<object>((resolve) =>
          pulumi.output(podSecurityContext(given)).apply((known) => {
            resolve(known);
          }),
        );
        assert.equal(groupsIn(context), groupsIn(groups));
      }
    });
  }

  it("is the same if a program knows it, or a part of it, only later", async () => {
    const own = { privileged: true, capabilities: { add: ["NET_ADMIN"] } };
    for (const later of [
      pulumi.output(own),
      Promise.resolve(own),
      { ...own, privileged: pulumi.output(true) },
      { ...own, capabilities: { add: [Promise.resolve("NET_ADMIN")] } },
    ]) {
      const given = await new Promise((resolve) => pulumi.output(context(later)).apply(resolve));
      assert.deepEqual(given, context(own));
    }
  });

  it("has every field that is set, whatever it is, and no other than that and the defaults", () => {
    const field = fc.constantFrom(
      "privileged",
      "runAsUser",
      "capabilities",
      "seccompProfile",
      "readOnlyRootFilesystem",
    );
    const value = fc.oneof(fc.boolean(), fc.string(), fc.constant(null), fc.array(fc.string()));
    fc.assert(
      fc.property(fc.dictionary(field, value, { noNullPrototype: true }), (own) => {
        const merged = context(own) as Record<string, unknown>;
        for (const [key, value] of Object.entries(own)) assert.deepEqual(merged[key], value ?? undefined);
        assert.ok(Object.keys(merged).every((key) => key in own || key in containerSecurityContext));
      }),
    );
  });

  it("follows the same rule for the app, init containers, containers beside it, jobs and a store", () => {
    const securityContext = { privileged: true, capabilities: { add: ["NET_BIND_SERVICE"] } };
    const other = (name: string) => ({ name, image: name, securityContext });
    const args = { image: "cart", containerPort: 80, securityContext } as CheckedAppArgs;
    const all = { ...args, initContainers: [other("first")], containers: [other("second")] };
    const contextsOf = (template: unknown) => {
      const { spec } = template as { spec: Record<string, { securityContext: unknown }[]> };
      return [...(spec.initContainers ?? []), ...(spec.containers ?? [])].map((each) => each.securityContext);
    };
    assert.deepEqual(contextsOf(podTemplate("cart", {}, all)), Array(3).fill(context(securityContext)));
    const job = jobSpec("warm", {}, { image: "cart", serviceAccountName: "cart" }, { securityContext });
    const store = storeObjects("redis", { image: "redis", port: 6379, securityContext } as CheckedStoreArgs);
    const unprivileged = withDefaults<object>(unprivilegedSecurityContext, securityContext);
    assert.deepEqual(contextsOf(job.template), [unprivileged]);
    assert.deepEqual(contextsOf(store.statefulSet.spec.template), [unprivileged]);
  });
});
