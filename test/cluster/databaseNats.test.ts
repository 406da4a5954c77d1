import assert from "node:assert/strict";
import { database } from "./database";
import { names } from "./example";
import { until } from "./support";

const address = "nats://app:$(PASSWORD)@nats-http:4222";
const password = { name: "nats", key: "app" };

database(
  { name: "nats", replicas: 3, images: ["nats", "nats-box"], program: "nats-server", address, password },
  (example, writer) => {
    const { project } = example;
    const nats = (...args: string[]) => example.exec("client", "nats", ...args);
    /** How many servers JetStream counts for its majority. */
    const peers = async () => {
      const answer = await project.get("pods", "nats-0", 8222, "/jsz");
      return (JSON.parse(answer) as { meta_cluster: { cluster_size: number } }).meta_cluster.cluster_size;
    };
    const scale = async (replicas: number) => {
      await project.pulumi("config", "set", "--path", "apps.nats.replicas", String(replicas));
      await project.up();
    };
    const streamInfo = async (stream: string) => {
      const info = await nats("stream", "info", stream, "--json");
      return JSON.parse(info) as {
        cluster: { leader: string; replicas?: { name: string; current: boolean }[] };
        state: { messages: number };
      };
    };
    const addStream = async (stream: string, replicas: number) => {
      await nats(
        "stream",
        "add",
        stream,
        "--subjects",
        stream,
        "--replicas",
        String(replicas),
        "--storage",
        "file",
        "--defaults",
      );
      await nats("request", stream, "a message");
    };
    const streams = Array.from({ length: 8 }, (_, i) => `stream-${String(i)}`);

    it("gets a server of JetStream for each new pod", async () => {
      await writer.during("3 to 5 servers", () => scale(5));
      await until(async () => (await peers()) === 5);
    });

    it("does not remove the only server that has the messages of a stream", async () => {
      const env = [
        { name: "PASSWORD", valueFrom: { secretKeyRef: password } },
        { name: "NATS_URL", value: address },
      ];
      await example.runPod("client", { image: "natsio/nats-box:0.19.5", command: ["sleep", "1d"], env });
      const leader = async (stream: string) => (await streamInfo(stream)).cluster.leader;
      await addStream("single", 1);
      while (!["nats-3", "nats-4"].includes(await leader("single"))) {
        await nats("stream", "rm", "single", "--force");
        await addStream("single", 1);
      }
      await assert.rejects(scale(3), /has a stream with one replica, which would be lost/);
      assert.equal(await peers(), 5);
      assert.equal((await streamInfo("single")).state.messages, 1);
      await nats("stream", "rm", "single", "--force");
    });

    it("loses a server of JetStream with each pod that goes, and no message of a stream that it had", async () => {
      for (const stream of streams) await addStream(stream, 3);
      await writer.during("5 to 3 servers", () => scale(3));
      assert.equal(await peers(), 3);
      for (const stream of streams) {
        const { cluster, state } = await streamInfo(stream);
        const replicas = cluster.replicas ?? [];
        assert.deepEqual([cluster.leader, ...replicas.map(({ name }) => name)].sort(), names("nats", 3));
        assert.ok(replicas.every(({ current }) => current));
        assert.equal(state.messages, 1);
      }
      await writer.during("deletion of nats-2", () => example.deletePod("nats-2"));
    });

    it("takes former servers back, whose volumes are still there", async () => {
      await project.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
      await writer.during("3 to 5 servers, with former volumes", () => scale(5));
      // A server that was removed is one again after five minutes.
      await until(async () => (await peers()) === 5);
    });
  },
);
