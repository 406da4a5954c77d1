import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { globSync } from "glob";
import { parse } from "yaml";
import { parseConfig } from "../../config";
import { app } from "../../schema/app";
import { stack } from "../../schema/stack";
import { plannedObjects } from "../../stack/plannedObjects";
import { checkPodSecurity } from "../../stack/podSecurity";
import { generatedFiles } from "../../tools/generate";

describe("the generated docs", () => {
  it("are what `npm run generate` writes today", async () => {
    for (const [path, content] of Object.entries(await generatedFiles())) {
      assert.equal(readFileSync(path, "utf8"), content, `${path} is stale: npm run generate`);
    }
  });
});

describe("the examples on the page of all settings", () => {
  const examples = readFileSync("docs/configuration.md", "utf8")
    .split("\n## ")
    .flatMap((section) => {
      const [, text] = /```yaml\n(.+?)```/s.exec(section) ?? [];
      return text === undefined ? [] : [{ section: section.split("\n")[0] ?? "", text }];
    });
  const others = {
    configMaps: { settings: { level: "1" } },
    secrets: { credentials: { password: { generate: 8 } } },
  };

  it("are many", () => {
    assert.ok(examples.length > 10);
  });

  for (const { section, text } of examples) {
    it(`are valid: ${section}`, () => {
      const given = parse(text) as Record<string, unknown>;
      const isOfStack = Object.keys(given).every((key) => key.startsWith("stateful-apps:"));
      const settings = isOfStack
        ? Object.entries(given).map(([key, value]) => [key, value] as const)
        : Object.entries({ ...others, apps: { cart: { image: "cart", ...given } } }).map(
            ([key, value]) => [`stateful-apps:${key}`, value] as const,
          );
      const config = Object.fromEntries(settings.map(([key, value]) => [key, JSON.stringify(value)]));
      parseConfig(config, () => false, "stateful-apps");
    });
  }
});

/** The fields of objects that the examples have. */
interface AnyObject {
  kind: string;
  metadata: { name: string };
  roleRef: { kind: string; name: string };
  subjects: { name: string }[];
  spec: {
    template: { spec: Record<string, unknown> };
    ports: { name: string; port: number }[];
    rules: { http: { paths: { backend: { service: { name: string; port: { name: string } } } }[] } }[];
  };
}

/** The stack files on a page, each complete, with the config that the program reads in it. */
function stackFiles(page: string) {
  return [...readFileSync(page, "utf8").matchAll(/```yaml\n(.+?)```/gs)].map(([, text = ""]) => {
    const given = (parse(text) as { config: Record<string, unknown> }).config;
    const passed = Object.entries(given).map(([key, value]) => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]);
    const config = parseConfig(Object.fromEntries(passed) as Record<string, string>, () => false, "stateful-apps");
    return { given, config, objects: plannedObjects(config, "stateful-apps-dev") };
  });
}

describe("the examples on the page of what no setting offers", () => {
  const examples = stackFiles("docs/overrides.md");
  const objects = examples.map(({ objects }) => objects);
  const find = (kind: string, name: string): AnyObject => {
    const all = objects.flat().map(({ object }) => object as unknown as AnyObject);
    return (
      all.find((object) => object.kind === kind && object.metadata.name === name) ?? assert.fail(`${kind} ${name}`)
    );
  };

  it("are three, and the namespace accepts their pods", () => {
    assert.equal(examples.length, 3);
    for (const { config, objects } of examples) {
      checkPodSecurity(objects, config.namespace, { level: config.podSecurity, isOfStack: true });
    }
  });

  it("put a pod into the network of its node", () => {
    const { hostNetwork, dnsPolicy } = find("StatefulSet", "agent").spec.template.spec;
    assert.deepEqual([hostNetwork, dnsPolicy], [true, "ClusterFirstWithHostNet"]);
  });

  it("lead an Ingress to a port that the Service has", () => {
    const service = find("Ingress", "web").spec.rules[0]?.http.paths[0]?.backend.service;
    const { ports } = find("Service", service?.name ?? "").spec;
    assert.ok(ports.some(({ name }) => name === service?.port.name));
  });

  it("give a Role to the account of pods that get its token", () => {
    const { roleRef, subjects } = find("RoleBinding", "cluster-peers");
    const pod = find("StatefulSet", "cluster").spec.template.spec;
    const [subject] = subjects;
    find(roleRef.kind, roleRef.name);
    find("ServiceAccount", subject?.name ?? "");
    assert.equal(subject?.name, pod.serviceAccountName);
    assert.equal(pod.automountServiceAccountToken, true);
  });
});

describe("the recipes", () => {
  const page = readFileSync("docs/recipes.md", "utf8");
  const recipes = stackFiles("docs/recipes.md");
  const sections = page.split("\n## ").filter((section) => section.includes("```yaml"));
  const settingNames = [...Object.keys(app.shape), ...Object.keys(stack.shape)];

  it("are two stack files, and a restricted namespace accepts their pods", () => {
    assert.equal(recipes.length, 2);
    for (const { config, objects } of recipes) {
      checkPodSecurity(objects, config.namespace, { level: "restricted", isOfStack: true });
    }
  });

  it("have every setting that their tables name", () => {
    for (const [i, section] of sections.entries()) {
      const { given } = recipes[i] ?? assert.fail();
      const settings = Object.fromEntries(
        Object.entries(given).map(([key, value]) => [key.replace("stateful-apps:", ""), value]),
      );
      const [ofApp] = Object.values(settings.apps as Record<string, object>);
      const named = [...section.matchAll(/\| [^|]* \| ([^|]*) \|\n/g)].flatMap(([, cell = ""]) =>
        [...cell.matchAll(/`([a-z]\w*(?:\.\w+)*)`/gi)].map(([, path = ""]) => path.split(".")),
      );
      const paths = named.filter(([first = ""]) => settingNames.includes(first));
      assert.ok(paths.length > 5);
      for (const path of paths) {
        const at = (root: unknown) =>
          path.reduce<unknown>((parent, key) => (parent as Record<string, unknown> | undefined)?.[key], root);
        assert.ok(at(ofApp) ?? at(settings), `${section.split("\n")[0] ?? ""}: ${path.join(".")}`);
      }
    }
  });

  it("tell clients the addresses of Services that are there", () => {
    const addresses = [...page.matchAll(/`([a-z0-9-]+)\.([a-z0-9-]+):(\d+)`/g)];
    assert.ok(addresses.length > 0);
    for (const [address, name, namespace, port] of addresses) {
      const services = recipes
        .filter(({ config }) => config.namespace === namespace)
        .flatMap(({ objects }) => objects.map(({ object }) => object as unknown as AnyObject))
        .filter((object) => object.kind === "Service" && object.metadata.name === name);
      assert.ok(
        services.some(({ spec }) => spec.ports.some(({ port: number }) => String(number) === port)),
        address,
      );
    }
  });
});

describe("the table of requirements", () => {
  it("names tests that are there", () => {
    const named = [...readFileSync("docs/requirements.md", "utf8").matchAll(/(\w+) › ([^;|"]+)/g)];
    assert.ok(named.length > 30);
    for (const [, file = "", title = ""] of named) {
      const texts = globSync(`test/*/${file}{.test,}.ts`).map((path) => readFileSync(path, "utf8"));
      assert.ok(
        texts.some((text) => text.includes(title.trim())),
        `${file} › ${title}`,
      );
    }
  });
});
