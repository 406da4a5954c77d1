import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startScript } from "../../components/redisStore";

describe("the start of a redis store", () => {
  const folder = mkdtempSync(join(tmpdir(), "stateful-apps-redis-"));
  const fake = join(folder, "redis-server");

  before(() => {
    writeFileSync(fake, '#!/bin/sh\necho "$@"\ncat\n');
    chmodSync(fake, 0o755);
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  /** What redis gets as arguments, and on standard input. */
  function start(password: string) {
    const env = { PATH: `${folder}:${process.env.PATH ?? ""}`, REDISCLI_AUTH: password };
    const [args = "", input = ""] = execFileSync("sh", ["-c", startScript(6379)], { env, encoding: "utf8" }).split(
      "\n",
    );
    return { args, input };
  }

  for (const [password, line] of [
    ["plain", 'requirepass "plain"'],
    ["two words", 'requirepass "two words"'],
    ['quo"ted', 'requirepass "quo\\"ted"'],
    ["back\\slash", 'requirepass "back\\\\slash"'],
    ["$HOME `id` $(id)", 'requirepass "$HOME `id` $(id)"'],
    ["--loglevel debug", 'requirepass "--loglevel debug"'],
    ["#'%s&|END", 'requirepass "#\'%s&|END"'],
  ] as const) {
    it(`gives the password ${password} on standard input, and not as an argument`, () => {
      const { args, input } = start(password);
      assert.equal(input, line);
      assert.equal(args, "- --port 6379 --dir /data --save  --appendonly yes --appendfsync always");
    });
  }
});
