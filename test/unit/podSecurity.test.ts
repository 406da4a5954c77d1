import type { V1PodTemplateSpec } from "@kubernetes/client-node";
import fc from "fast-check";
import assert from "node:assert/strict";
import { violations } from "../../objects/podSecurity";
import { podTemplateCases } from "../podTemplates";

const reasons = (...[level, template]: Parameters<typeof violations>) => [
  ...new Set(violations(level, template).map(({ reason }) => reason)),
];

describe("the Pod Security Standards", () => {
  for (const { what, template, baseline, restricted } of podTemplateCases) {
    it(`judge ${what}`, () => {
      assert.deepEqual(reasons("privileged", template), []);
      assert.deepEqual(reasons("baseline", template).sort(), [...baseline].sort());
      assert.deepEqual(reasons("restricted", template).sort(), [...restricted].sort());
    });
  }

  it("name the field, its value, and what is allowed", () => {
    const found = (level: "baseline" | "restricted", spec: object) =>
      violations(level, { spec } as V1PodTemplateSpec).map(({ path, value, problem }) => [
        path.join("."),
        value,
        problem,
      ]);
    assert.deepEqual(
      found("baseline", {
        securityContext: { sysctls: [{ name: "kernel.sem", value: "1" }] },
        initContainers: [{ securityContext: { privileged: true, capabilities: { add: ["KILL", "BPF"] } } }],
        volumes: [{ name: "usb", hostPath: { path: "/dev" } }],
      }).map(([path, value]) => [path, value]),
      [
        ["spec.initContainers.0.securityContext.privileged", true],
        ["spec.initContainers.0.securityContext.capabilities.add", ["KILL", "BPF"]],
        ["spec.volumes.0.hostPath", undefined],
        ["spec.securityContext.sysctls.0.name", "kernel.sem"],
      ],
    );
    assert.deepEqual(found("restricted", { containers: [{ securityContext: { runAsUser: 0 } }] }), [
      ["spec.containers.0.securityContext.capabilities.drop", undefined, "must contain ALL"],
      ["spec.securityContext.seccompProfile.type", undefined, "must be RuntimeDefault or Localhost"],
      ["spec.containers.0.securityContext.allowPrivilegeEscalation", undefined, "must be false"],
      ["spec.securityContext.runAsNonRoot", undefined, "must be true"],
      ["spec.containers.0.securityContext.runAsUser", 0, "must not be 0"],
    ]);
  });

  it("hide /proc outside of a user namespace, although Kubernetes accepts no such pod", () => {
    const spec = { containers: [{ securityContext: { procMount: "Unmasked" } }] };
    assert.deepEqual(reasons("baseline", { spec } as V1PodTemplateSpec), ["procMount"]);
  });

  it("bear any value where Kubernetes wants another, and restricted forbids at least what baseline forbids", () => {
    const keys = ["securityContext", "capabilities", "add", "drop", "hostPath", "privileged", "ports", "hostPort"];
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: "small" },
        fc.constantFrom(null, true, false, 0, "", "ALL", "Unconfined"),
        fc.array(tie("value"), { maxLength: 2 }),
        fc.dictionary(fc.constantFrom(...keys), tie("value"), { maxKeys: 3, noNullPrototype: true }),
      ),
    }));
    const fields = ["securityContext", "containers", "initContainers", "volumes", "hostNetwork", "os"];
    const spec = fc.dictionary(fc.constantFrom(...fields), value, { noNullPrototype: true });
    fc.assert(
      fc.property(spec, (spec) => {
        const template = { spec } as unknown as V1PodTemplateSpec;
        const isForbidden = violations("baseline", template).length > 0;
        assert.ok(!isForbidden || violations("restricted", template).length > 0);
      }),
    );
  });
});
