import assert from "node:assert/strict";
import { database } from "./database";
import { names } from "./example";

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
      return lines.map((line) => line.split(", ")).map(([, state = "", name = ""]) => `${name} ${state}`);
    };
    const assertStarted = async (count: number) => {
      assert.deepEqual(
        (await members()).sort(),
        names("etcd", count).map((name) => `${name} started`),
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

    it("loses a member with each pod that goes, also one that hangs, and no acknowledged write", async () => {
      await writer.during("5 to 3 members, one of which hangs", async () => {
        await example.signal("etcd-3", "etcd", "SIGSTOP");
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
