import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { globSync } from "glob";
import { parse } from "yaml";
import { parseConfig } from "../../config";
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
