import assert from "node:assert/strict";
import { resolve } from "node:path";
import { Analyzer } from "@pulumi/pulumi/provider/experimental/analyzer";
import packageJson from "../../package.json";

/** What the analyzer finds out, as far as it is looked at here. */
interface Property {
  $ref?: string;
  type?: string;
  plain?: boolean;
  optional?: boolean;
  description?: string;
}

describe("the components, for programs in other languages", () => {
  let components: Record<string, { inputs: Record<string, Property>; outputs: Record<string, Property> }>;

  before(function () {
    const names = ["StatefulApp", "RedisStore"];
    const json = { ...packageJson, main: "components/index.ts" };
    const analyzer = new Analyzer(resolve(__dirname, "../.."), "stateful-apps", json, new Set(names));
    ({ components } = analyzer.analyze() as unknown as { components: typeof components });
  });

  it("are accepted by Pulumi's analyzer", () => {
    assert.deepEqual(Object.keys(components).sort(), ["RedisStore", "StatefulApp"]);
  });

  it("have every argument described", () => {
    for (const [name, { inputs }] of Object.entries(components)) {
      for (const [input, { description }] of Object.entries(inputs)) assert.ok(description, `${name}.${input}`);
    }
  });

  it("need plain values only where children follow from them", () => {
    const inputs = components.StatefulApp?.inputs ?? {};
    const plain = Object.keys(inputs).filter((name) => inputs[name]?.plain && inputs[name].type !== undefined);
    assert.deepEqual(plain.filter((name) => !["array", "object"].includes(inputs[name]?.type ?? "")).sort(), [
      "autoscaled",
      "image",
      "partOf",
      "progressDeadlineSeconds",
      "replicas",
    ]);
  });
});
