import assert from "node:assert/strict";
import { database } from "./database";

const psql = ["psql", "-U", "postgres", "-v", "ON_ERROR_STOP=1", "--quiet", "--no-align", "--tuples-only"];

database(
  {
    name: "postgres",
    replicas: 1,
    images: ["postgres"],
    program: "postgres",
    address: "postgres://postgres:$(PASSWORD)@postgres-http/postgres",
    password: { name: "postgres", key: "password" },
  },
  (example) => {
    it("restores a dump", async () => {
      const { project } = example;
      const dump = await example.exec("postgres-0", "pg_dump", "-U", "postgres", "postgres");
      await example.exec("postgres-0", "createdb", "-U", "postgres", "restored");
      const inPod = ["--namespace", project.namespace, "exec", "-i", "postgres-0", "--"];
      await project.kubectlWithInput(dump, ...inPod, ...psql, "restored");
      const count = await example.exec("postgres-0", ...psql, "--command", "select count(*) from numbers", "restored");
      assert.ok(Number(count) > 100, count);
    });

    it("asks for a password", async () => {
      const connection = "host=postgres-http user=postgres password=wrong";
      await assert.rejects(example.exec("postgres-0", ...psql, connection), /password authentication failed/);
    });
  },
);
