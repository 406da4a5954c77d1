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
  (example, writer) => {
    const count = async (database: string) =>
      Number(
        await example.exec("postgres-0", ...psql, "--command", "select count(*) from numbers", "--dbname", database),
      );

    it("restores a dump that the CronJob made while the server was written to", async () => {
      const { project } = example;
      const fewest = await count("postgres");
      await writer.during("a dump", async () => {
        await project.kubectl("create", "job", "now", "--from=cronjob/postgres-dump");
        await project.kubectl("wait", "--for=condition=Complete", "job/now", "--timeout=10m");
      });
      const most = await count("postgres");
      const [file = "", ...others] = (await example.exec("postgres-0", "ls", "/backup")).trim().split("\n");
      assert.match(file, /^[1-7]\.dump$/);
      assert.deepEqual(others, []);
      await example.exec("postgres-0", "createdb", "-U", "postgres", "restored");
      await example.exec("postgres-0", "pg_restore", "-U", "postgres", "-e", "-d", "restored", `/backup/${file}`);
      const restored = await count("restored");
      assert.ok(fewest > 100 && fewest <= restored && restored <= most, [fewest, restored, most].join());
    });

    it("asks for a password", async () => {
      const connection = "host=postgres-http user=postgres password=wrong";
      await assert.rejects(example.exec("postgres-0", ...psql, connection), /password authentication failed/);
    });
  },
);
