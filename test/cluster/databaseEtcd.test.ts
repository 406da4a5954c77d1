import assert from "node:assert/strict";
import { database } from "./database";

database(
  {
    name: "etcd",
    replicas: 3,
    images: ["etcd", "busybox"],
    program: "etcd",
    address: "http://etcd-http:2379",
  },
  (example, writer) => {
    const { project } = example;
    const etcdctl = (...args: string[]) => example.exec("etcd-0", "etcdctl", ...args);
    const members = async () => {
      const lines = (await etcdctl("member", "list")).trim().split("\n");
      return lines.map((line) => {
        const [id = "", state = "", name = ""] = line.split(", ");
        return { id, state, name };
      });
    };
    const assertStarted = async (count: number) => {
      const found = (await members()).map(({ name, state }) => `${name} ${state}`).sort();
      assert.deepEqual(
        found,
        Array.from({ length: count }, (_, i) => `etcd-${String(i)} started`),
      );
    };
    const scale = async (replicas: number) => {
      await project.pulumi("config", "set", "--path", "apps.etcd.replicas", String(replicas));
      await project.up();
    };

    it("gets a member for each new pod", async () => {
      await writer.during("3 to 5 members", () => scale(5));
      await assertStarted(5);
    });

    it("loses no acknowledged write when members are removed, and then their pods", async () => {
      await writer.during("5 to 3 members", async () => {
        for (const { id, name } of await members()) {
          if (["etcd-3", "etcd-4"].includes(name)) await etcdctl("member", "remove", id);
        }
        await scale(3);
      });
      await assertStarted(3);
      await writer.during("deletion of etcd-2", () => example.deletePod("etcd-2"));
    });

    it("replaces a member whose volume was lost", async () => {
      const claim = () => project.kubectl("get", "pvc", "data-etcd-2", "-o", "jsonpath={.metadata.uid}");
      const lost = await claim();
      await writer.during("loss of a volume", async () => {
        await project.kubectl("delete", "pvc", "data-etcd-2", "--wait=false");
        await example.deletePod("etcd-2");
      });
      assert.notEqual(await claim(), lost);
      await assertStarted(3);
      assert.match(await project.kubectl("logs", "etcd-2", "-c", "join"), /whose volume was lost/);
    });

    it("takes former members back, whose volumes are still there", async () => {
      await writer.during("3 to 5 members, with former volumes", () => scale(5));
      await assertStarted(5);
    });
  },
);
