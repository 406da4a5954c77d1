import assert from "node:assert/strict";
import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import type { types } from "@pulumi/kubernetes";
import { storeAdvice } from "../../live/rollout/storeAdvice";
import { podSecurityContext, unprivilegedSecurityContext } from "../../objects/security";
import { storeObjects } from "../../objects/storeObjects";
import { needsProgram } from "../skip";

const passwords = {
  "letters and digits": "aB3",
  "spaces within and around": "  two words ",
  "a tab": "a\tb\t",
  "double quotes": '"quoted"',
  "single quotes": "it's",
  backslashes: String.raw`\a\\b\n\x41\ `.trimEnd() + "\\",
  "a dollar and braces": "$HOME ${HOME} $(id) `id` $$",
  "a form that printf reads": "%s%d%%\\n",
  "leading dashes": "--port 1",
  "a leading dash": "-n",
  "a hash": "#comment",
  "the end of the here-document": "EOF",
  "what sed reads": "s/a/&/;p",
  "letters beyond ASCII": "pässwörd-密码",
  "ten thousand characters": '"\\'.repeat(5000),
};

describe("RedisStore", function () {
  let folder: string;
  let command: string[];
  let container: types.output.core.v1.Container;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "stateful-apps-redis-"));
    const specs: types.output.apps.v1.StatefulSetSpec[] = [];
    await pulumi.runtime.setMocks({
      newResource: ({ type, name, inputs }) => {
        if (type.endsWith(":StatefulSet")) specs.push((inputs as { spec: types.output.apps.v1.StatefulSetSpec }).spec);
        return { id: name, state: inputs as Record<string, unknown> };
      },
      call: () => ({}),
    });
    const { RedisStore } = await import("../../components/redisStore");
    const args = { namespace: "shop", partOf: "stateful-apps-test", image: "redis:7", port: 6379, size: "1Gi" };
    const store = new RedisStore("redis", { ...args, password: { name: "redis", key: "password" } });
    await new Promise((resolve) => store.namespace.apply(resolve));
    const [made] = specs[0]?.template.spec.containers ?? [];
    assert.ok(made);
    container = made;
    command = container.command.map((part) => part.replaceAll("/data", folder));
  });

  after(() => {
    rmSync(folder, { recursive: true });
  });

  it("names no variable that Kubernetes would put into the arguments", () => {
    assert.doesNotMatch(JSON.stringify([container.command, container.args]), /\$\(\w+\)|\$\$/);
  });

  it("runs redis in the shell's place, with the password on standard input and in no argument", async () => {
    const fake = join(folder, "redis-server");
    writeFileSync(fake, '#!/bin/sh\necho "$$"; for arg; do echo "<$arg>"; done; echo --; cat\n');
    chmodSync(fake, 0o755);
    const [program = "", ...args] = command;
    const shell = spawn(program, args, {
      env: { PATH: [folder, process.env.PATH].join(delimiter), REDISCLI_AUTH: 'se"cret' },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    for await (const chunk of shell.stdout) output += String(chunk);
    const [pid, ...rest] = output.split("\n");
    assert.equal(pid, String(shell.pid));
    assert.deepEqual(rest, [
      ...["-", "--port", "6379", "--dir", folder, "--save", "", "--appendonly", "yes", "--appendfsync", "always"].map(
        (arg) => `<${arg}>`,
      ),
      "--",
      String.raw`requirepass "se\"cret"`,
      "",
    ]);
    rmSync(fake);
  });

  const shells = {
    dash: ["dash"],
    "busybox ash, as in Alpine": ["busybox", "ash"],
    "this machine's sh": ["sh"],
  };

  for (const [name, shell] of Object.entries(shells)) {
    it(`starts no program with the password among its arguments, in ${name}`, async function () {
      needsProgram(this, shell[0] ?? "", shell[1] ? "--help" : "/dev/null");
      const calls = join(folder, "calls");
      const fakes = mkdtempSync(join(folder, "fakes-"));
      for (const program of ["sed", "printf", "cat", "redis-server"]) {
        const real =
          program === "redis-server" ? "cat >/dev/null" : `PATH='${String(process.env.PATH)}' exec ${program} "$@"`;
        writeFileSync(join(fakes, program), `#!/bin/sh\necho ${program} "$@" >>${calls}\n${real}\n`);
        chmodSync(join(fakes, program), 0o755);
      }
      await promisify(execFile)(shell[0] ?? "", [...shell.slice(1), ...command.slice(1)], {
        env: { PATH: [fakes, process.env.PATH].join(delimiter), REDISCLI_AUTH: "hunter2" },
      });
      const made = execFileSync("cat", [calls], { encoding: "utf8" });
      assert.match(made, /^redis-server - /m);
      assert.doesNotMatch(made, /hunter2/);
      rmSync(calls);
    });

    it(`takes every password as it is, in ${name}`, async function () {
      needsProgram(this, "redis-server", "--version");
      needsProgram(this, "redis-cli", "--version");
      needsProgram(this, shell[0] ?? "", shell[1] ? "--help" : "/dev/null");
      for (const [kind, password] of Object.entries(passwords)) {
        const socket = join(folder, "socket");
        const script = command.at(-1)?.replace("--port 6379", `--port 0 --unixsocket ${socket}`) ?? "";
        const server = spawn(shell[0] ?? "", [...shell.slice(1), "-c", script], {
          env: { PATH: process.env.PATH, REDISCLI_AUTH: password, TMPDIR: "/nowhere" },
          stdio: "ignore",
        });
        const ask = async (...args: string[]) => {
          const env = { PATH: process.env.PATH, REDISCLI_AUTH: password };
          const { stdout } = await promisify(execFile)("redis-cli", ["-s", socket, "--json", ...args], { env });
          return JSON.parse(stdout) as unknown;
        };
        try {
          const answers = () =>
            ask("ping").then(
              () => true,
              () => false,
            );
          while (!(await answers())) {
            assert.equal(server.exitCode, null, `redis ended with ${kind} in its password`);
            await sleep(10);
          }
          assert.deepEqual(await ask("config", "get", "requirepass"), { requirepass: password }, kind);
        } finally {
          if (server.exitCode === null) {
            server.kill();
            await once(server, "exit");
          }
          rmSync(socket, { force: true });
        }
      }
    });
  }
});

describe("the error of a store that is not ready", () => {
  const known = {
    "Bad file format reading the append only file appendonly.aof.1.incr.aof: make a backup": "a-damaged-log",
    "Error writing to the AOF file: No space left on device": "a-full-volume",
    "Can't recover from AOF write error when the AOF fsync policy is 'always'. Exiting...": "a-full-volume",
    "WRONGPASS invalid username-password pair or user is disabled.": "the-password",
  };

  for (const [line, section] of Object.entries(known)) {
    it(`names what to do: ${section}, for ${line.slice(0, 30)}…`, () => {
      const error = `cache is not ready\n  cache-0: container redis: CrashLoopBackOff\n    | ${line}`;
      assert.equal(storeAdvice(error), `docs/stores.md#${section} says what to do.`);
      const headings = readFileSync("docs/stores.md", "utf8").match(/^## .*/gm) ?? [];
      assert.ok(headings.map((heading) => heading.slice(3).toLowerCase().replaceAll(" ", "-")).includes(section));
    });
  }

  it("says nothing about other causes", () => {
    assert.equal(storeAdvice("cache-0: container redis: ImagePullBackOff"), "");
  });
});

describe("a store's pod", () => {
  it("is as the user sets it, within the restricted default", () => {
    const { spec } = storeObjects("redis", {
      ...{ namespace: "shop", partOf: "shop", image: "redis:7", port: 6379, size: "1Gi" },
      password: { name: "redis", key: "password" },
      command: ["redis-server"],
      podSecurityContext: { fsGroup: 999 },
      securityContext: { runAsUser: 999 },
    }).statefulSet;
    const pod = spec.template.spec;
    assert.deepEqual(pod.securityContext, podSecurityContext({ fsGroup: 999 }));
    assert.deepEqual(pod.containers[0]?.securityContext, { ...unprivilegedSecurityContext, runAsUser: 999 });
    assert.deepEqual(pod.containers[0].command, ["redis-server"]);
  });
});
