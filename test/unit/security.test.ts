import * as pulumi from "@pulumi/pulumi";
import fc from "fast-check";
import assert from "node:assert/strict";
import { podTemplate } from "../../objects/podTemplate";
import { containerSecurityContext, podSecurityContext, withDefaults } from "../../objects/security";
import type { CheckedAppArgs } from "../../schema/checkedArgs";

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

  it("replaces the profile of seccomp as a whole", () => {
    const seccompProfile = { type: "Localhost", localhostProfile: "a.json" };
    assert.deepEqual(withDefaults(podSecurityContext, { seccompProfile, fsGroup: null } as object), {
      runAsNonRoot: true,
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile,
    });
  });

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

  it("follows the same rule for the app, init containers and containers beside it", () => {
    const securityContext = { privileged: true };
    const other = (name: string) => ({ name, image: name, securityContext });
    const args = { image: "cart", containerPort: 80, securityContext } as CheckedAppArgs;
    const all = { ...args, initContainers: [other("first")], containers: [other("second")] };
    const { spec } = podTemplate("cart", {}, all) as unknown as {
      spec: Record<string, { securityContext: unknown }[]>;
    };
    const contexts = [...(spec.initContainers ?? []), ...(spec.containers ?? [])].map((each) => each.securityContext);
    assert.deepEqual(contexts, Array(3).fill(context(securityContext)));
  });
});
